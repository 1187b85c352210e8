import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A migration kept as two hand-written SQL files beside each other: `<name>.up.sql` and `<name>.down.sql`. */
export function sqlMigration(name: string, timestamp: number): new () => MigrationInterface {
  const read = (direction: 'up' | 'down') =>
    readFileSync(new URL(`./migrations/${name}.${direction}.sql`, import.meta.url), 'utf8');
  return class implements MigrationInterface {
    readonly name = `${name.replace(/\W/g, '')}${timestamp}`;

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(read('up'));
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(read('down'));
    }
  };
}
