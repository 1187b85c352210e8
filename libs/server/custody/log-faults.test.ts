import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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

const FIRST = 300;
const SIZE = 600;

/** Everything an office does to the world, by name; one of them fails once. */
class FaultyWorld {
  readonly steps: string[] = [];
  hits = 0;

  constructor(
    private readonly log: TestLog,
    private readonly fault: Fault | null = null,
  ) {}

  parts(): Partial<LogOfficeParts> {
    const { store, key } = this.log;
    return {
      connect: () => this.step('connect', () => this.session()),
      store: {
        putObject: (name, bytes) => this.step(`put ${name}`, () => store.putObject(name, bytes)),
        getObject: (name, version) => this.step(`get ${name}`, () => store.getObject(name, version)),
        latest: (name) => this.step(`latest ${name}`, () => store.latest(name)),
        remove: (name, version) => this.step(`remove ${name}`, () => store.remove(name, version)),
      },
      key: { verifier: key.verifier, sign: (message) => (this.note('sign') ? this.fail() : key.sign(message)) },
    };
  }

  private async session(): Promise<LogSession> {
    const session = await connectLogSession(this.log.db.workerUrl);
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
    if (!this.steps.includes(name)) this.steps.push(name);
    if (name !== this.fault?.step || this.hits > 0) return false;
    this.hits += 1;
    return true;
  }

  private fail(): never {
    throw this.fault?.kind === 'away' ? new StoreError('unreachable', 'away') : new Error('crash');
  }
}

let log: TestLog;
beforeEach(async () => {
  log = await TestLog.open();
});
afterEach(() => log.close());

/** A log that has published once, then has as much again to do. */
async function workUnder(world: FaultyWorld): Promise<void> {
  await log.appendMany(FIRST);
  await log.publish(FIRST);
  await log.appendMany(SIZE - FIRST);
  const stop = new AbortController();
  const running = log.office(world.parts()).run(stop.signal);
  const published = async () => {
    const [row] = await log.asAdministrator<{ size: string }>('SELECT max(size) AS size FROM amana.log_checkpoint');
    return Number(row?.size) >= SIZE;
  };
  while (!(await published())) await delay(5);
  stop.abort();
  await running;
}

describe('after a failure at any step the log repairs itself', () => {
  it('whatever the step is, and whether it was lost or persisted', async () => {
    const calm = new FaultyWorld(log);
    await workUnder(calm);
    // A crash at a read leaves behind what a crash after the write before it does.
    const faults = calm.steps.flatMap((step): Fault[] => {
      if (/^(get|latest) /.test(step)) return [{ step, outcome: 'lost', kind: 'away' }];
      if (/^(put|remove) /.test(step)) {
        return (['lost', 'persisted'] as const).flatMap((outcome) => [
          { step, outcome, kind: 'crash' },
          { step, outcome, kind: 'away' },
        ]);
      }
      return (['lost', 'persisted'] as const).map((outcome) => ({ step, outcome, kind: 'crash' }));
    });
    expect(calm.steps).toEqual(
      expect.arrayContaining([
        'connect',
        'SELECT amana.log_take_office() AS epoch',
        'SELECT amana.log_commit($1, $2, $3::bigint[], $4::bytea[], $',
        'put log/tile/0/001',
        'put log/tile/0/002.p/88',
        'put log/tile/1/000.p/2',
        'put log/tile/entries/001',
        'put log/tile/entries/002.p/88',
        'sign',
        'SELECT amana.log_publish($1, $2, $3)',
      ]),
    );
    const outcomes: unknown[] = [];
    for (const fault of faults) {
      await log.close();
      log = await TestLog.open();
      const world = new FaultyWorld(log, fault);
      await workUnder(world);
      const { ok, size, faults: found } = await log.fsck();
      if (!ok || size !== SIZE || world.hits !== 1) outcomes.push({ fault, size, found, hits: world.hits });
    }
    expect(outcomes).toEqual([]);
    console.log(faults.length);
  }, 300_000);
});
