import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StoreError } from '#server/storage';
import { TestLog } from '../../../test/support/custody.js';
import type { LogOfficeParts } from './log-office.js';
import { connectLogSession, type LogSession } from './log-session.js';

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
    const { store, key } = log;
    return {
      connect: () => this.step('connect', () => this.session()),
      store: {
        putObject: (name, bytes) => this.step(`put ${kindOf(name)}`, () => store.putObject(name, bytes)),
        getObject: (name, version) => this.step(`get ${kindOf(name)}`, () => store.getObject(name, version)),
        latest: (name) => this.step(`latest ${kindOf(name)}`, () => store.latest(name)),
        remove: (name, version) => store.remove(name, version),
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
  if (/^(get|latest) /.test(step)) return [{ step, outcome: 'lost', kind: 'away' }];
  const kinds = step.startsWith('put ') ? (['crash', 'away'] as const) : (['crash'] as const);
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
        'SELECT amana.log_publish($1, $2, $3)',
      ]),
    );
    const untried: Fault[] = [];
    for (const fault of [...calm.steps].flatMap(faultsAt)) {
      const world = new FaultyWorld(fault);
      await roundUnder(world);
      if (world.hits !== 1) untried.push(fault);
    }
    expect(untried).toEqual([]);
    expect(await log.fsck()).toEqual({ ok: true, size, erased: 0, faults: [] });
  }, 180_000);
});
