import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A migration kept as two hand-written SQL files beside each other: `<file>.up.sql` and `<file>.down.sql`. */
export interface SqlMigration {
  readonly file: string;
  /** Under which name the database remembers it. */
  readonly name: string;
  /** SHA-256 of `<file>.up.sql` as it lies here now, in hexadecimal. */
  readonly sha256: () => string;
  readonly migration: new () => MigrationInterface;
}

/** @param folder ends with a slash */
export function sqlMigration(
  file: string,
  timestamp: number,
  folder = new URL('./migrations/', import.meta.url),
): SqlMigration {
  const read = (direction: 'up' | 'down') => readFileSync(new URL(`${file}.${direction}.sql`, folder), 'utf8');
  const name = `${file.replace(/\W/g, '')}${timestamp}`;
  return {
    ...{ file, name },
    sha256: () => createHash('sha256').update(read('up')).digest('hex'),
    migration: class implements MigrationInterface {
      readonly name = name;

      async up(runner: QueryRunner): Promise<void> {
        await runner.query(read('up'));
      }

      async down(runner: QueryRunner): Promise<void> {
        await runner.query(read('down'));
      }
    },
  };
}
