import { Client } from 'pg';

/** A whole database as it was at one moment, to be put back as an operator would: everything since is gone. */
export class Backup {
  private constructor(
    private readonly superuserUrl: string,
    private readonly name: string,
    private readonly copy: string,
  ) {}

  /** @param superuserUrl of the database; its connections are cut, and come back by themselves */
  static async of(superuserUrl: string): Promise<Backup> {
    const name = new URL(superuserUrl).pathname.slice(1);
    const backup = new Backup(superuserUrl, name, `backup_${name}`);
    await backup.run(`CREATE DATABASE ${backup.copy} TEMPLATE ${name}`);
    return backup;
  }

  async restore(): Promise<void> {
    await this.run(`DROP DATABASE ${this.name} WITH (FORCE)`, `ALTER DATABASE ${this.copy} RENAME TO ${this.name}`);
  }

  private async run(...statements: string[]): Promise<void> {
    const url = new URL(this.superuserUrl);
    url.pathname = '/postgres';
    const client = new Client({ connectionString: url.href });
    await client.connect();
    try {
      await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [this.name]);
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }
}
