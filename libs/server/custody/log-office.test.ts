import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CustodyStatement, entryOf } from '#domain/custody';
import { leafHash, RightEdge } from '#domain/merkle';
import { newCase, newExhibit, statementIn, TestLog } from '../../../test/support/custody.js';
import { codeOfFailure, connectLogSession, FENCED, type LogSession } from './log-session.js';
import { nodeSha256 } from './node-hashes.js';
import { Sequencer } from './sequencer.js';

let log: TestLog;
beforeEach(async () => {
  log = await TestLog.open();
});
afterEach(() => log.close());

/** What 8 writers append, transaction by transaction: cases and exhibits by number, so that writers meet in them. */
const transactions = fc.array(
  fc.array(fc.record({ case: fc.nat(5), exhibit: fc.option(fc.nat(3), { nil: undefined }) }), {
    minLength: 1,
    maxLength: 12,
  }),
  { minLength: 160, maxLength: 200 },
);

function statementsOf(
  shape: readonly (readonly { case: number; exhibit?: number | undefined }[])[],
): CustodyStatement[][] {
  const cases = Array.from({ length: 6 }, () => ({ id: newCase(), exhibits: Array.from({ length: 4 }, newExhibit) }));
  return shape.map((transaction) =>
    transaction.map((event) => {
      const { id, exhibits } = cases[event.case]!;
      return statementIn(id, event.exhibit === undefined ? {} : { exhibitId: exhibits[event.exhibit]! });
    }),
  );
}

async function appendBy(writers: number, work: CustodyStatement[][]): Promise<number> {
  const left = [...work];
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (let next = left.shift(); next; next = left.shift()) await log.append(...next);
    }),
  );
  return work.flat().length;
}

async function expectWhole(size: number): Promise<void> {
  const [counted] = await log.asAdministrator<{
    entries: string;
    events: string;
    first: string;
    last: string;
    pending: string;
  }>(
    `SELECT count(*) AS entries, count(DISTINCT event_id) AS events, min(log_index) AS first, max(log_index) AS last,
       (SELECT count(*) FROM amana.log_pending) AS pending FROM amana.log_entry`,
  );
  expect(counted).toEqual({
    entries: String(size),
    events: String(size),
    first: '0',
    last: String(size - 1),
    pending: '0',
  });
}

describe('sequencing', () => {
  it('gives every event one index, contiguous and in the order of its chains, while four offices fight and lose their sessions', async () => {
    await fc.assert(
      fc.asyncProperty(transactions, async (shape) => {
        await log.close();
        log = await TestLog.open();
        const stop = new AbortController();
        let published = 0;
        let terms = 0;
        const offices = Array.from({ length: 4 }, () =>
          log.office({
            observer: {
              tookOffice: () => (terms += 1),
              published: (head) => (published = Math.max(published, head.size)),
            },
          }),
        );
        const running = offices.map((office) => office.run(stop.signal));
        const killing = (async () => {
          while (!stop.signal.aborted) {
            await log.asAdministrator(
              `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
               WHERE locktype = 'advisory' AND application_name = 'amana-log' AND datname = current_database()`,
            );
            // Long enough that a term gets to publish now and then, on a busy machine too.
            await delay(300);
          }
        })();
        const size = await appendBy(8, statementsOf(shape));
        while (published < size) await delay(5);
        stop.abort();
        await Promise.all([...running, killing]);
        expect(terms).toBeGreaterThan(1);
        await expectWhole(size);
        const report = await log.fsck();
        expect(report).toEqual({ ok: true, size, erased: 0, faults: [] });
      }),
      { numRuns: 2 },
    );
  }, 180_000);

  it('lets none of four sequencers that all believe in their office commit what another has', async () => {
    const work = statementsOf(fc.sample(transactions, { numRuns: 1, seed: 11 })[0]!);
    let size = Infinity;
    let fenced = 0;
    const sequencers = Array.from({ length: 4 }, async () => {
      const session = await connectLogSession(log.db.workerUrl);
      for (let done = 0; done < size;) {
        try {
          const [office] = await session.query<{ epoch: string }>('SELECT amana.log_take_office() AS epoch');
          const sequencer = await Sequencer.begin(session, Number(office?.epoch));
          for (let round = 0; round < 5; round++) await sequencer.sequence();
          done = sequencer.size;
        } catch (error) {
          if (codeOfFailure(error) !== FENCED) throw error;
          fenced += 1;
        }
      }
      await session.end();
    });
    size = await appendBy(8, work);
    await Promise.all(sequencers);
    await expectWhole(size);
    expect(fenced).toBeGreaterThan(0);
    await log.append(statementIn(newCase()));
    await log.publish(size + 1);
    expect((await log.fsck()).faults).toEqual([]);
  });

  it('gives each of 100 000 events one index, contiguous, while eight sequencers fight', async () => {
    const events = 100_000;
    // What an append leaves behind, in bulk: only the commitments matter here.
    await log.asAdministrator('ALTER TABLE amana.custody_event DISABLE TRIGGER USER');
    await log.asAdministrator(
      `INSERT INTO amana.custody_event (id, chain_id, case_seq, kind, at, agency_ids, states, commitment)
       SELECT gen_random_uuid(), '00000000-0000-4000-8000-0000000000aa', n, 'record-read', now(), '{}', '{}', sha256(n::text::bytea)
       FROM generate_series(1, $1) AS n`,
      [events],
    );
    await log.asAdministrator(
      'INSERT INTO amana.log_pending (event_id) SELECT id FROM amana.custody_event ORDER BY case_seq',
    );
    let fenced = 0;
    const committed = Array.from({ length: 8 }, async () => {
      const session = await connectLogSession(log.db.workerUrl);
      let own = 0;
      let losses = 0;
      for (let done = 0; done < events;) {
        try {
          const [office] = await session.query<{ epoch: string }>('SELECT amana.log_take_office() AS epoch');
          const sequencer = await Sequencer.begin(session, Number(office?.epoch));
          for (let round = 0; round < 3; round++) own += await sequencer.sequence();
          losses = 0;
          done = sequencer.size;
        } catch (error) {
          if (codeOfFailure(error) !== FENCED) throw error;
          fenced += 1;
          losses += 1;
          // Each takes office from all others: without a growing pause none would get to commit.
          await delay(Math.random() * 100 * 2 ** Math.min(losses, 5));
        }
      }
      await session.end();
      return own;
    });
    const total = (await Promise.all(committed)).reduce((sum, own) => sum + own, 0);
    expect(total).toBe(events);
    expect(fenced).toBeGreaterThan(0);
    await expectWhole(events);
    const [state] = await log.asAdministrator<{ root: Buffer }>('SELECT root FROM amana.log_state');
    const edge = new RightEdge(0, [], nodeSha256);
    const rows = await log.asAdministrator<{ commitment: Buffer }>(
      'SELECT commitment FROM amana.log_entry ORDER BY log_index',
    );
    for (const { commitment } of rows) edge.append(leafHash(entryOf(commitment), nodeSha256));
    expect(Buffer.from(edge.root())).toEqual(state?.root);
  }, 120_000);

  it('gives indexes to more than one batch at once', async () => {
    await log.appendMany(9000);
    await log.publish(9000);
    await expectWhole(9000);
    expect((await log.fsck()).faults).toEqual([]);
  });
});

describe('an office', () => {
  it('is taken over when its holder is stopped, and the holder that wakes up commits nothing', async () => {
    const stopped = await connectLogSession(log.db.workerUrl);
    await stopped.query(`SELECT pg_try_advisory_lock(hashtextextended('amana.log-office', 0))`);
    const [office] = await stopped.query<{ epoch: string }>('SELECT amana.log_take_office() AS epoch');
    const sleeper = await Sequencer.begin(stopped, Number(office?.epoch));
    await log.append(statementIn(newCase()));
    // What the database does after ten silent seconds.
    await stopped.query(`SELECT set_config('idle_session_timeout', '100', false)`);
    await log.publish(1);
    expect(stopped.lost.aborted).toBe(true);
    await expect(sleeper.sequence()).rejects.toThrow();
    const awake = await Sequencer.begin(await session(), Number(office?.epoch));
    await log.append(statementIn(newCase()));
    await expect(awake.sequence()).rejects.toMatchObject({ code: FENCED });
  });

  it('ends when told to, with its session', async () => {
    const stop = new AbortController();
    const opened: LogSession[] = [];
    const running = log
      .office({ connect: async () => opened[opened.push(await connectLogSession(log.db.workerUrl)) - 1]! })
      .run(stop.signal);
    while (opened.length === 0) await delay(5);
    stop.abort();
    await running;
    expect(opened.map(({ lost }) => lost.aborted)).toEqual([true]);
  });

  const sessions: LogSession[] = [];
  async function session(): Promise<LogSession> {
    const opened = await connectLogSession(log.db.workerUrl);
    sessions.push(opened);
    return opened;
  }
  afterEach(async () => {
    for (const opened of sessions.splice(0)) await opened.end();
  });
});
