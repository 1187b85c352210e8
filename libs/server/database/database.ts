import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager, QueryFailedError } from 'typeorm';
import type { ActingOfficer } from '#domain/authority';

/** A transaction in progress. Every write of one action, its event and its outbox row go through the same one. */
export type Transaction = EntityManager;

const afterwards = new WeakMap<Transaction, (() => void)[]>();

/** Has this done once the transaction is committed; never if it is not. It must not throw. */
export function afterCommit(tx: Transaction, act: () => void): void {
  afterwards.get(tx)?.push(act);
}

/** Transactions under the database's own row-level security. */
@Injectable()
export class Database {
  constructor(private readonly source: DataSource) {}

  /** Runs `work` in one transaction that sees what the officer's agency may see. Commits when it resolves, else rolls back. */
  asOfficer<Result>(actor: ActingOfficer, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    // Whom no agency certifies oversees nothing.
    const oversight = actor.certified && actor.roles.includes('auditor') ? actor.state : '';
    return this.transaction(async (tx) => {
      await tx.query(
        `SELECT set_config('amana.agency', $1, true), set_config('amana.oversight_state', $2, true), set_config('amana.officer', $3, true)`,
        [actor.agencyId, oversight, actor.officerId],
      );
      return work(tx);
    });
  }

  /** Runs `work` in one transaction without an officer: in the API it sees the directory and the public log alone. */
  asPlatform<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    return this.transaction(work);
  }

  private async transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    const acts: (() => void)[] = [];
    const result = await this.source.transaction((tx) => {
      afterwards.set(tx, acts);
      return work(tx);
    });
    for (const act of acts) act();
    return result;
  }

  /** One statement outside any transaction, for reads of what has no row-level security. */
  query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.source.query<Row[]>(sql, [...parameters]);
  }

  /**
   * Refuses to run as a role that the second wall does not bind: superuser, BYPASSRLS, or owner of the tables.
   * @throws Error that names the role and why
   */
  async refuseUnboundRole(): Promise<void> {
    const [role] = await this.query<{ name: string; unbound: string | null }>(
      `SELECT current_user AS name, CASE
         WHEN rolsuper THEN 'is a superuser' WHEN rolbypassrls THEN 'bypasses row-level security'
         WHEN pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = 'amana.custody_event'::regclass), 'USAGE') THEN 'owns the tables'
       END AS unbound FROM pg_roles WHERE rolname = current_user`,
    );
    if (role?.unbound) throw new Error(`refusing to run: the database role ${role.name} ${role.unbound}`);
  }
}

/** SQLSTATE of a failed query, or null for another kind of error. */
export function sqlStateOf(error: unknown): string | null {
  if (!(error instanceof QueryFailedError)) return null;
  const { code } = error.driverError as { code?: string };
  return code ?? null;
}
export const UNIQUE_VIOLATION = '23505';
