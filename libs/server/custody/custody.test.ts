import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commitmentOf, CustodyEvent, findExhibitChainFault } from '#domain/custody';
import type { AgencyId, EventId, ExhibitId, OfficerId } from '#domain/evidence';
import { newAgency, newCase, newExhibit, statementIn, TestLog } from '../../../test/support/custody.js';
import { CustodyRecord } from './record.js';
import { CustodyRecorder } from './recorder.js';

let log: TestLog;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.close());

interface Row {
  id: EventId;
  salt: Buffer;
  body: Buffer;
  commitment: Buffer;
}
const eventsOf = (chainId: string) =>
  log.asAdministrator<Row>(`SELECT * FROM amana.custody_event WHERE chain_id = $1 ORDER BY case_seq`, [chainId]);

describe('appending', () => {
  it('keeps the exact canonical bytes, and a commitment to them under a salt of each event', async () => {
    const caseId = newCase();
    const exhibitId = newExhibit();
    const appended = await log.append(
      statementIn(caseId, { exhibitId, purpose: 'فحص الهاتف \u202e' }),
      statementIn(caseId, { exhibitId, detail: { b: 2, a: 1.5 } }),
    );
    const rows = await eventsOf(caseId);
    expect(rows.map(({ id }) => id)).toEqual(appended.map(({ id }) => id));
    for (const [at, { body, salt, commitment }] of rows.entries()) {
      expect(CustodyEvent.parse(JSON.parse(body.toString('utf8')))).toEqual(appended[at]?.event);
      expect(commitment.equals(commitmentOf(salt, body))).toBe(true);
      expect(Buffer.from(appended[at]!.commitment).equals(commitment)).toBe(true);
    }
    expect(rows[0]!.salt.equals(rows[1]!.salt)).toBe(false);
    expect(rows[1]!.body.toString('utf8')).toContain('"detail":{"a":1.5,"b":2}');
  });

  it('chains each event to the one before it, in its case and in its exhibit', async () => {
    const caseId = newCase();
    const [one, other] = [newExhibit(), newExhibit()];
    await log.append(
      statementIn(caseId, { exhibitId: one }),
      statementIn(caseId),
      statementIn(caseId, { exhibitId: other }),
    );
    await log.append(statementIn(caseId, { exhibitId: one }));
    const rows = await eventsOf(caseId);
    const events = rows.map(({ body }) => CustodyEvent.parse(JSON.parse(body.toString('utf8'))));
    const commitments = rows.map(({ commitment }) => commitment.toString('base64'));
    expect(events.map(({ caseSeq, exhibitSeq }) => [caseSeq, exhibitSeq])).toEqual([
      [1, 1],
      [2, undefined],
      [3, 1],
      [4, 2],
    ]);
    expect(events.map(({ prevCaseCommitment }) => prevCaseCommitment)).toEqual([null, ...commitments.slice(0, 3)]);
    expect(events.map(({ prevExhibitCommitment }) => prevExhibitCommitment)).toEqual([
      null,
      undefined,
      null,
      commitments[0],
    ]);
    const ofOne = rows.flatMap(({ body, salt }, index) =>
      events[index]?.exhibitId === one ? { index, event: events[index], body, salt } : [],
    );
    expect(findExhibitChainFault(ofOne)).toBeNull();
  });

  it('leaves nothing behind when the action it tells of is rolled back', async () => {
    const caseId = newCase();
    const failing = log.api.database.asPlatform(async (tx) => {
      await log.custody.append(tx, [{ statement: statementIn(caseId), visibleTo: [] }]);
      throw new Error('the action failed');
    });
    await expect(failing).rejects.toThrow('the action failed');
    expect(await eventsOf(caseId)).toEqual([]);
    await log.append(statementIn(caseId));
    expect(await eventsOf(caseId)).toHaveLength(1);
  });

  it('refuses a statement that is not one', async () => {
    await expect(log.append({ ...statementIn(newCase()), kind: 'forged' as never })).rejects.toThrow();
    await expect(log.append({ ...statementIn(newCase()), extra: 1 } as never)).rejects.toThrow();
  });
});

describe('recording events that stand alone', () => {
  it('commits those of many callers in few transactions, each with its own answer', async () => {
    const recorder = new CustodyRecorder(log.api.database, log.custody);
    const cases = Array.from({ length: 200 }, newCase);
    const before = await committed();
    const appended = await Promise.all(
      cases.map((id) => recorder.record({ statement: statementIn(id), visibleTo: [] })),
    );
    expect((await committed()) - before).toBeLessThan(20);
    for (const [at, id] of cases.entries()) expect((await eventsOf(id))[0]?.id).toBe(appended[at]?.id);
  });

  it('keeps one bad event from taking its neighbours with it', async () => {
    const recorder = new CustodyRecorder(log.api.database, log.custody);
    const caseId = newCase();
    const outcomes = await Promise.allSettled([
      recorder.record({ statement: statementIn(caseId), visibleTo: [] }),
      recorder.record({ statement: { ...statementIn(caseId), kind: 'forged' as never }, visibleTo: [] }),
      recorder.record({ statement: statementIn(caseId), visibleTo: [] }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await eventsOf(caseId)).toHaveLength(2);
  });

  async function committed(): Promise<number> {
    const rows = await log.asAdministrator<{ count: string }>(
      `SELECT count(DISTINCT xmin::text) AS count FROM amana.custody_event`,
    );
    return Number(rows[0]?.count);
  }
});

describe('what each role may do with the record', () => {
  const FORBIDDEN = [
    `UPDATE amana.custody_event SET kind = 'x'`,
    'DELETE FROM amana.custody_event',
    'TRUNCATE amana.custody_event CASCADE',
    `UPDATE amana.log_entry SET commitment = ''`,
    'DELETE FROM amana.log_entry',
    `INSERT INTO amana.log_entry VALUES (0, gen_random_uuid(), '')`,
    'UPDATE amana.log_state SET size = 0',
    'DELETE FROM amana.log_state',
    'DELETE FROM amana.log_pending',
    `INSERT INTO amana.log_pending (event_id) VALUES (gen_random_uuid())`,
    `INSERT INTO amana.log_checkpoint VALUES (1, 'note')`,
    `UPDATE amana.log_checkpoint SET note = ''`,
    'DELETE FROM amana.log_checkpoint',
    'DROP TABLE amana.custody_event',
    'ALTER TABLE amana.custody_event DISABLE TRIGGER ALL',
    'ALTER TABLE amana.custody_event NO FORCE ROW LEVEL SECURITY',
    'SET session_replication_role = replica',
    'SELECT amana.log_enqueue()',
    'CREATE TABLE amana.mine (x int)',
    'SET ROLE amana_definer',
  ];
  const OF_THE_WORKER = [
    'SELECT amana.log_take_office()',
    `SELECT amana.log_commit(0, 0, '{}', '{}', '')`,
    `SELECT amana.log_publish(0, 0, '')`,
    'SELECT * FROM amana.log_state',
    'SELECT * FROM amana.log_pending',
  ];

  it.each([...FORBIDDEN, ...OF_THE_WORKER])('the API may not: %s', async (sql) => {
    await expect(log.api.source.query(sql)).rejects.toMatchObject({
      driverError: { code: expect.stringMatching(/^(42501|0A000)$/) },
    });
  });

  it.each(FORBIDDEN)('the worker may not: %s', async (sql) => {
    await expect(log.worker.source.query(sql)).rejects.toMatchObject({
      driverError: { code: expect.stringMatching(/^(42501|0A000)$/) },
    });
  });

  it.each([
    ['an epoch that is over', 'SELECT amana.log_commit(0, 0, $1, $2, $3)', [[], [], Buffer.alloc(32)]],
    [
      'positions that do not wait',
      'SELECT amana.log_commit((SELECT epoch FROM amana.log_state), (SELECT size FROM amana.log_state), $1, $2, $3)',
      [['987654321'], [], Buffer.alloc(32)],
    ],
    [
      'a head over more than is committed',
      `SELECT amana.log_publish((SELECT epoch FROM amana.log_state), 987654321, '')`,
      [],
    ],
    ['a head by an office that is over', `SELECT amana.log_publish(0, 0, '')`, []],
  ])('the worker cannot commit %s', async (_, sql, parameters) => {
    await log.worker.source.query('SELECT amana.log_take_office()');
    await expect(log.worker.source.query(sql, parameters)).rejects.toMatchObject({ driverError: { code: 'AM001' } });
  });
});

describe('reading the record', () => {
  const officer = (agencyId: AgencyId, over: { state?: string; roles?: string[] } = {}) =>
    ({
      officerId: randomUUID() as OfficerId,
      agencyId,
      state: 'AA',
      roles: ['investigator'],
      certified: true,
      ...over,
    }) as never;

  it('shows an event to the agencies it concerns, to oversight of their states, and to nobody else', async () => {
    const [holder, actor, stranger, foreign] = [newAgency(), newAgency(), newAgency(), newAgency()];
    for (const [id, state] of [
      [holder, 'AA'],
      [actor, 'BB'],
      [stranger, 'AA'],
      [foreign, 'CC'],
    ]) {
      await log.asAdministrator(
        `INSERT INTO amana.agency (id, state, name, kind, contact) VALUES ($1, $2, $3, 'investigation', 'x')`,
        [id, state, `agency ${id}`],
      );
    }
    const exhibitId = newExhibit();
    const officerId = randomUUID() as OfficerId;
    await log.api.database.asOfficer({ officerId, agencyId: actor, roles: [] } as never, (tx) =>
      log.custody.append(tx, [
        {
          visibleTo: [holder],
          statement: statementIn(newCase(), {
            exhibitId,
            actor: { kind: 'officer', officerId, agencyId: actor, role: 'prosecutor' },
          }),
        },
      ]),
    );
    const record = new CustodyRecord(log.api.database);
    const seenBy = async (who: never, exhibit?: ExhibitId) =>
      (await record.list(who, { limit: 1000, ...(exhibit && { exhibitId: exhibit }) })).items.length;
    const readers: [string, never, number][] = [
      ['the holder', officer(holder), 1],
      ['the agency of who acted', officer(actor), 1],
      ['another agency of the same state', officer(stranger), 0],
      ['an agency of a third state', officer(foreign), 0],
      ['oversight of the state of the holder', officer(stranger, { state: 'AA', roles: ['auditor'] }), 1],
      ['oversight of the state of who acted', officer(newAgency(), { state: 'BB', roles: ['auditor'] }), 1],
      ['oversight of a third state', officer(foreign, { state: 'CC', roles: ['auditor'] }), 0],
    ];
    for (const [name, who, count] of readers) expect([name, await seenBy(who, exhibitId)]).toEqual([name, count]);
    const withoutOfficer = await log.api.database.query('SELECT FROM amana.custody_event');
    expect(withoutOfficer).toEqual([]);
  });

  it('pages through an exhibit in the order of its chain, those that wait for their index last', async () => {
    const own = await TestLog.open();
    try {
      const agency = newAgency();
      const exhibitId = newExhibit();
      const caseId = newCase();
      const append = (count: number) =>
        own.api.database.asPlatform((tx) =>
          own.custody.append(
            tx,
            Array.from({ length: count }, () => ({
              visibleTo: [agency],
              statement: statementIn(caseId, { exhibitId }),
            })),
          ),
        );
      await append(5);
      await own.publish(5);
      await append(2);
      const record = new CustodyRecord(own.api.database);
      const seen = [];
      let cursor: string | undefined;
      do {
        const page = await record.list(officer(agency), { exhibitId, limit: 3, ...(cursor && { cursor }) });
        seen.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor);
      expect(seen.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, null, null]);
      expect(seen.map((one) => ('event' in one ? one.event.exhibitSeq : null))).toEqual([1, 2, 3, 4, 5, 6, 7]);
      const all = await record.list(officer(agency), { limit: 1000 });
      expect(all.items.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
      await expect(async () => record.list(officer(agency), { limit: 3, cursor: 'x' })).rejects.toMatchObject({
        code: 'malformed-request',
      });
    } finally {
      await own.close();
    }
  });
});
