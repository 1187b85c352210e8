import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StoreError } from '#server/storage';
import { TestLog } from '../../../test/support/custody.js';
import { earlierRoot } from './earlier-root.js';
import type { LogOfficeParts } from './log-office.js';
import { connectLogSession, type LogSession } from './log-session.js';
import { LogStore } from './log-store.js';
import { openOwnHead, type SignedHead } from './signed-head.js';

/**
 * A failure at a step: `lost` before anything of it happened, `persisted` after all of it did and the answer was lost. `crash` ends the
 * term with all it had in memory, as the end of the process would; `away` is a store that does not answer once.
 */
interface Fault {
  readonly step: string;
  readonly outcome: 'lost' | 'persisted';
  readonly kind: 'crash' | 'away';
}

/** Everything an office does to the world, step by step; one of them fails, once. */
class FaultyWorld {
  readonly steps = new Set<string>();
  hits = 0;

  constructor(private readonly fault: Fault | null = null) {}

  parts(): Partial<LogOfficeParts> {
    const { store, key, heads } = log;
    return {
      connect: () => this.step('connect', () => this.session()),
      store: {
        putObject: (name, bytes) => this.step(`put ${kindOf(name)}`, () => store.putObject(name, bytes)),
        getObject: (name, version) => this.step(`get ${kindOf(name)}`, () => store.getObject(name, version)),
        latest: (name) => this.step(`latest ${kindOf(name)}`, () => store.latest(name)),
        remove: (name, version) => store.remove(name, version),
      },
      heads: {
        read: (origin) => this.step('read head', () => heads.read(origin)),
        replace: (origin, before, note) => this.step('replace head', () => heads.replace(origin, before, note)),
        close: () => heads.close(),
      },
      key: { verifier: key.verifier, sign: (message) => (this.note('sign') ? this.fail() : key.sign(message)) },
    };
  }

  private async session(): Promise<LogSession> {
    const session = await connectLogSession(log.db.workerUrl);
    return {
      lost: session.lost,
      end: () => session.end(),
      query: (sql, parameters) =>
        this.step(sql.replaceAll(/\s+/g, ' ').slice(0, 60), () => session.query(sql, parameters)),
    };
  }

  private async step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    if (!this.note(name)) return work();
    if (this.fault?.outcome === 'persisted') await work();
    return this.fail();
  }

  /** Whether this step is the one to fail, now. */
  private note(name: string): boolean {
    this.steps.add(name);
    if (name !== this.fault?.step || this.hits > 0) return false;
    this.hits += 1;
    return true;
  }

  private fail(): never {
    throw this.fault?.kind === 'away' ? new StoreError('unreachable', 'away') : new Error('crash');
  }
}

/** `tile/0 full`, `tile/entries partial`: which place of which size it is does not matter here. */
function kindOf(key: string): string {
  const [, tile, level] = key.split('/');
  return `${tile ?? ''}/${level ?? ''} ${key.includes('.p/') ? 'partial' : 'full'}`;
}

/** A crash at a read leaves behind what a crash after the write before it does. */
function faultsAt(step: string): Fault[] {
  if (/^(get|latest|read) /.test(step)) return [{ step, outcome: 'lost', kind: 'away' }];
  const kinds = /^(put|replace) /.test(step) ? (['crash', 'away'] as const) : (['crash'] as const);
  return kinds.flatMap((kind) => [
    { step, outcome: 'lost', kind },
    { step, outcome: 'persisted', kind },
  ]);
}

/** Enough for a full tile and, from any size that is no multiple of 256, a partial one. */
const EVENTS_A_ROUND = 300;

let log: TestLog;
let size = 0;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.close());

/** The head that is served and the one that is kept. */
async function headsInTheWorld(): Promise<SignedHead[]> {
  const [row] = await log.asAdministrator<{ note: string }>(
    'SELECT note FROM amana.log_checkpoint ORDER BY size DESC LIMIT 1',
  );
  const kept = await log.heads.read(log.key.verifier.name);
  return [Buffer.from(row!.note), kept!.note].map((note) => openOwnHead(note, log.key.verifier, 'a head'));
}

async function roundUnder(world: FaultyWorld): Promise<void> {
  await log.appendMany(EVENTS_A_ROUND);
  size += EVENTS_A_ROUND;
  const stop = new AbortController();
  const running = log.office(world.parts()).run(stop.signal);
  const publishedSize = async () => {
    const [row] = await log.asAdministrator<{ size: string }>('SELECT max(size) AS size FROM amana.log_checkpoint');
    return Number(row?.size);
  };
  while ((await publishedSize()) < size) await delay(5);
  stop.abort();
  await running;
}

describe('after a failure at any step the log repairs itself', () => {
  it('whatever the step is, and whether it was lost or persisted', async () => {
    await roundUnder(new FaultyWorld());
    const calm = new FaultyWorld();
    await roundUnder(calm);
    expect([...calm.steps]).toEqual(
      expect.arrayContaining([
        'connect',
        'SELECT amana.log_take_office() AS epoch',
        'SELECT amana.log_commit($1, $2, $3::bigint[], $4::bytea[], $',
        'put tile/0 full',
        'put tile/0 partial',
        'put tile/1 partial',
        'put tile/entries full',
        'put tile/entries partial',
        'sign',
        'replace head',
        'SELECT amana.log_publish($1, $2, $3)',
      ]),
    );
    const untried: Fault[] = [];
    const receipts: SignedHead[] = [];
    for (const fault of [...calm.steps].flatMap(faultsAt)) {
      const world = new FaultyWorld(fault);
      await roundUnder(world);
      if (world.hits !== 1) untried.push(fault);
      receipts.push(...(await headsInTheWorld()));
    }
    expect(untried).toEqual([]);
    // Whatever a client was ever shown, and whatever was ever signed and kept, the log has grown out of.
    for (const { size: seen, root } of receipts)
      expect(Buffer.from(await earlierRoot(seen, size, new LogStore(log.store)))).toEqual(Buffer.from(root));
    expect(receipts.length).toBeGreaterThan(0);
    expect(await log.fsck()).toEqual({ ok: true, size, erased: 0, faults: [] });
  }, 180_000);
});
