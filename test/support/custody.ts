import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CustodyStatement } from '#domain/custody';
import type { AgencyId, CaseId, ExhibitId } from '#domain/evidence';
import { signingKey, type SigningKey } from '#domain/merkle';
import {
  type Appended,
  connectLogSession,
  Custody,
  FileHeadStore,
  type FsckReport,
  fsck,
  type HeadStore,
  LogOffice,
  type LogOfficeParts,
  LogStore,
} from '#server/custody';
import { type EvidenceStore, storeFrom } from '#server/storage';
import { freshDatabase, openDatabase, type OpenDatabase, type TestDatabase } from './database.js';

export const newCase = (): CaseId => randomUUID() as CaseId;
export const newExhibit = (): ExhibitId => randomUUID() as ExhibitId;
export const newAgency = (): AgencyId => randomUUID() as AgencyId;

/** Something that happened in a case: what tests of the record append when they do not care what. */
export function statementIn(caseId: CaseId, over: Partial<CustodyStatement> = {}): CustodyStatement {
  return {
    kind: 'exhibit-registered',
    chain: { kind: 'case', id: caseId },
    actor: { kind: 'platform', component: 'api' },
    result: 'done',
    ...over,
  };
}

/** The seed of the log key of a test; the same each time. */
export const TEST_LOG_SEED = new Uint8Array(32).fill(7);

/** The log key of a test. */
export function testLogKey(origin = 'custody.example/log/test'): SigningKey {
  return signingKey(origin, 'ed25519', TEST_LOG_SEED);
}

/** A custody log of its own: a fresh database under both roles, a file store, and what a test does with them. */
export class TestLog {
  readonly custody = new Custody();
  readonly key = testLogKey();

  private constructor(
    readonly db: TestDatabase,
    readonly api: OpenDatabase,
    readonly worker: OpenDatabase,
    readonly superuser: OpenDatabase,
    readonly folder: string,
    readonly store: EvidenceStore,
    readonly heads: HeadStore,
  ) {}

  static async open(): Promise<TestLog> {
    const db = await freshDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'amana-log-'));
    return new TestLog(
      db,
      await openDatabase(db.appUrl),
      await openDatabase(db.workerUrl),
      await openDatabase(db.superuserUrl, 2),
      folder,
      await storeFrom(pathToFileURL(folder).href),
      new FileHeadStore(`${folder}-heads`),
    );
  }

  async close(): Promise<void> {
    await this.store.close();
    for (const { close } of [this.api, this.worker, this.superuser]) await close();
    await this.db.drop();
    for (const folder of [this.folder, `${this.folder}-heads`]) await rm(folder, { recursive: true, force: true });
  }

  /** Appends events in one transaction, as the API does. */
  append(...statements: CustodyStatement[]): Promise<Appended[]> {
    return this.api.database.asPlatform((tx) =>
      this.custody.append(
        tx,
        statements.map((statement) => ({ statement, visibleTo: [] })),
      ),
    );
  }

  /** Appends so many events to cases and exhibits of their own. */
  async appendMany(count: number): Promise<void> {
    const cases = Array.from({ length: 7 }, () => ({ caseId: newCase(), exhibitId: newExhibit() }));
    for (let left = count; left > 0; left -= 500) {
      const statements = Array.from({ length: Math.min(left, 500) }, (_, at) => {
        const { caseId, exhibitId } = cases[at % cases.length]!;
        return statementIn(caseId, at % 3 === 0 ? {} : { exhibitId });
      });
      await this.append(...statements);
    }
  }

  /** An office that polls and publishes as fast as it can, so that tests need not wait. */
  office(over: Partial<LogOfficeParts> = {}): LogOffice {
    return new LogOffice({
      connect: () => connectLogSession(this.db.workerUrl),
      store: this.store,
      key: this.key,
      heads: this.heads,
      pollMs: 5,
      publishEveryMs: 10,
      standEveryMs: 5,
      ...over,
    });
  }

  /** Runs an office until a head over so many entries is published. */
  async publish(size: number, over: Partial<LogOfficeParts> = {}): Promise<void> {
    const stop = new AbortController();
    const { observer } = over;
    await this.office({
      ...over,
      observer: {
        ...observer,
        published: (head) => {
          observer?.published?.(head);
          if (head.size >= size) stop.abort();
        },
      },
    }).run(stop.signal);
  }

  fsck(): Promise<FsckReport> {
    return fsck({ database: this.worker.database, store: new LogStore(this.store), key: this.key.verifier });
  }

  /** One statement as the database administrator, whom nothing binds. */
  asAdministrator<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.superuser.source.query<Row[]>(sql, parameters);
  }
}
