// What holds of requests beneath the API, whatever its code does: as the role that it has, in a transaction that says who acts.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { ActingOfficer } from '#domain/authority';
import type { EventKind } from '#domain/custody';
import { type RequestId, type RequestState } from '#domain/evidence';
import { exampleForm } from '#domain/requests';
import { Custody } from '#server/custody';
import { freshDatabase, openDatabase, type OpenDatabase, type TestDatabase } from '../../../test/support/database.js';
import { seedDirectory, type TestDirectory, type TestOfficer } from '../../../test/support/directory.js';

let db: TestDatabase;
let app: OpenDatabase;
let directory: TestDirectory;
let administrator: Client;
let id: RequestId;
beforeAll(async () => {
  db = await freshDatabase();
  app = await openDatabase(db.appUrl);
  directory = await seedDirectory(db.superuserUrl, 'http://issuer.example');
  administrator = new Client({ connectionString: db.superuserUrl });
  await administrator.connect();
});
afterAll(async () => {
  await administrator?.end();
  await app?.close();
  await db?.drop();
});

/** A request of Rome's to Tripoli, in a state that only its owner could put it into at once. */
async function requestIn(state: RequestState): Promise<RequestId> {
  const made = randomUUID() as RequestId;
  const { rome, tripoli } = directory;
  const submitted = state === 'draft' ? null : new Date();
  await administrator.query(
    `INSERT INTO amana.evidence_request (id, instrument, urgency, reference, from_agency_id, to_agency_id, form, form_sha256, state, drafted_by, submitted_by, submitted_at)
     VALUES ($1, 'mla', 'routine', 'PP-1', $2, $3, $4, sha256('form'), $5, $6, $7, $8)`,
    [
      ...[made, rome.id, tripoli.id, exampleForm('mla'), state, rome.prosecutor.id],
      ...[submitted && rome.prosecutor.id, submitted],
    ],
  );
  await administrator.query(
    `INSERT INTO amana.request_deadline (request_id, milestone, due_at, remind_at, source, binding) VALUES ($1, 'decision', now(), now(), 'Art. 1', true)`,
    [made],
  );
  return made;
}

const acting = ({ id: officerId, agency }: TestOfficer): ActingOfficer => ({
  ...{ officerId, agencyId: agency.id, state: agency.keys.state, roles: ['prosecutor'], certified: true },
});
/** What a statement changed, as this officer's transaction: a number of rows, or that it was refused. */
const changedBy = (who: TestOfficer, sql: string, more: unknown[] = []): Promise<number | 'refused'> =>
  app.database
    .asOfficer(acting(who), (tx) => tx.query<unknown>(sql, [id, ...more]))
    .then(
      (answer) => (Array.isArray(answer) && typeof answer[1] === 'number' ? answer[1] : 1),
      (error: unknown) => {
        const { code } = (error as { driverError: { code?: string } }).driverError;
        if (code !== '42501') throw error;
        return 'refused' as const;
      },
    );
const rome = () => directory.rome.prosecutor;
const tripoli = () => directory.tripoli.prosecutor;
const stranger = () => directory.stranger.investigator;
const become = (state: RequestState) => `UPDATE amana.evidence_request SET state = '${state}' WHERE id = $1`;

describe('a draft', () => {
  beforeEach(async () => {
    id = await requestIn('draft');
  });

  it('is seen by the agency that wrote it alone, with all that belongs to it', async () => {
    for (const table of ['evidence_request WHERE id', 'request_deadline WHERE request_id']) {
      const seenBy = (who: TestOfficer) =>
        app.database.asOfficer(acting(who), (tx) => tx.query<unknown[]>(`SELECT FROM amana.${table} = $1`, [id]));
      expect(await seenBy(rome())).toHaveLength(1);
      expect(await seenBy(tripoli())).toHaveLength(0);
      expect(await seenBy(stranger())).toHaveLength(0);
    }
  });

  it('is changed and withdrawn by nobody else', async () => {
    for (const who of [tripoli(), stranger()]) expect(await changedBy(who, become('withdrawn'))).toBe(0);
    expect(await changedBy(rome(), `UPDATE amana.evidence_request SET reference = 'PP-2' WHERE id = $1`)).toBe(1);
  });

  it('is written in nobody else’s name, and begins as a draft', async () => {
    const insert = (who: TestOfficer, state: string, by: string, from: string) =>
      changedBy(
        who,
        `INSERT INTO amana.evidence_request (id, instrument, urgency, reference, from_agency_id, to_agency_id, form, form_sha256, state, drafted_by, submitted_by, submitted_at)
         SELECT gen_random_uuid(), 'mla', 'routine', 'X', $2, to_agency_id, form, form_sha256, $3, $4, CASE $3 WHEN 'draft' THEN NULL ELSE $4::uuid END,
           CASE $3 WHEN 'draft' THEN NULL ELSE now() END FROM amana.evidence_request WHERE id = $1`,
        [from, state, by],
      );
    const { prosecutor, approver } = directory.rome;
    expect(await insert(prosecutor, 'draft', prosecutor.id, directory.rome.id)).toBe(1);
    expect(await insert(prosecutor, 'submitted', prosecutor.id, directory.rome.id)).toBe('refused');
    expect(await insert(prosecutor, 'draft', approver.id, directory.rome.id)).toBe('refused');
    expect(await insert(prosecutor, 'draft', prosecutor.id, directory.stranger.id)).toBe('refused');
  });
});

describe('a request that was submitted', () => {
  beforeEach(async () => {
    id = await requestIn('submitted');
  });

  it('stays as it was, for either side', async () => {
    for (const change of [`form = '{}'`, `reference = 'PP-2'`, `submitted_at = now() - interval '1 day'`])
      for (const who of [rome(), tripoli()])
        expect([change, await changedBy(who, `UPDATE amana.evidence_request SET ${change} WHERE id = $1`)]).toEqual([
          change,
          'refused',
        ]);
  });

  it('is never of other agencies, nor under another instrument', async () => {
    for (const change of [`to_agency_id = from_agency_id`, `instrument = 'epo'`, `drafted_by = submitted_by`])
      expect(await changedBy(rome(), `UPDATE amana.evidence_request SET ${change} WHERE id = $1`)).toBe('refused');
  });

  it('takes each step by the side whose it is, in the order of its life', async () => {
    expect(await changedBy(rome(), become('acknowledged'))).toBe('refused');
    expect(await changedBy(tripoli(), become('withdrawn'))).toBe('refused');
    expect(await changedBy(tripoli(), become('granted'))).toBe('refused');
    expect(await changedBy(stranger(), become('acknowledged'))).toBe(0);
    expect(await changedBy(tripoli(), become('acknowledged'))).toBe(1);
    expect(await changedBy(rome(), become('granted'))).toBe('refused');
    const answer = `UPDATE amana.evidence_request SET answer = '{"outcome":"granted"}' WHERE id = $1`;
    expect(await changedBy(rome(), answer)).toBe('refused');
    expect(await changedBy(tripoli(), become('granted'))).toBe(1);
    expect(await changedBy(rome(), become('fulfilled'))).toBe('refused');
    expect(await changedBy(tripoli(), become('fulfilled'))).toBe(1);
    expect(await changedBy(tripoli(), become('closed'))).toBe('refused');
    expect(await changedBy(rome(), become('closed'))).toBe(1);
    expect(await changedBy(rome(), become('submitted'))).toBe('refused');
  });

  it('has a thread in which each writes in their own name, and nobody takes back', async () => {
    const write = (who: TestOfficer, by: TestOfficer, position: number) =>
      changedBy(who, `INSERT INTO amana.request_clarification VALUES ($1, $4, $2, $3, 'text', now())`, [
        ...[by.agency.id, by.id, position],
      ]);
    expect(await write(rome(), rome(), 1)).toBe(1);
    expect(await write(rome(), tripoli(), 2)).toBe('refused');
    expect(await write(stranger(), stranger(), 2)).toBe('refused');
    for (const change of [
      `UPDATE amana.request_clarification SET text = 'other' WHERE request_id = $1`,
      `DELETE FROM amana.request_clarification WHERE request_id = $1`,
    ])
      expect(await changedBy(rome(), change)).toBe('refused');
  });

  it('has deadlines that nobody takes away, or tells that they were told', async () => {
    const change = (what: string, who = tripoli()) =>
      changedBy(who, `UPDATE amana.request_deadline SET ${what} WHERE request_id = $1`);
    expect(await change(`due_at = now() + interval '1 year'`)).toBe('refused');
    expect(await change(`overdue_at = now()`)).toBe('refused');
    expect(await change(`ended_at = now()`, stranger())).toBe(0);
    expect(await changedBy(tripoli(), `DELETE FROM amana.request_deadline WHERE request_id = $1`)).toBe('refused');
    expect(await change(`ended_at = now()`)).toBe(1);
    expect(await change(`ended_at = NULL`)).toBe('refused');
  });

  it('is written by either side into the register of the other, by a stranger into none, and by nobody as another', async () => {
    const tell = (who: TestOfficer, as: TestOfficer, register: TestOfficer, kind: EventKind, requestId = id) =>
      app.database
        .asOfficer(acting(who), (tx) =>
          new Custody().append(tx, [
            {
              visibleTo: [register.agency.id],
              statement: {
                kind,
                requestId,
                chain: { kind: 'agency', id: register.agency.id },
                actor: { kind: 'officer', officerId: as.id, agencyId: as.agency.id, role: 'prosecutor' },
                result: 'done',
              },
            },
          ]),
        )
        .then(
          () => 'told',
          (error: unknown) => (error as { driverError?: { code?: string } }).driverError?.code ?? error,
        );
    expect(await tell(rome(), rome(), tripoli(), 'request-submitted')).toBe('told');
    expect(await tell(tripoli(), tripoli(), rome(), 'request-acknowledged')).toBe('told');
    const refused = await Promise.all([
      tell(stranger(), stranger(), tripoli(), 'request-submitted'),
      tell(rome(), rome(), stranger(), 'request-submitted'),
      tell(rome(), tripoli(), tripoli(), 'request-acknowledged'),
      tell(rome(), rome(), tripoli(), 'officer-certified'),
      tell(rome(), rome(), tripoli(), 'request-overdue'),
      tell(rome(), rome(), tripoli(), 'request-submitted', randomUUID() as RequestId),
      tell(rome(), rome(), tripoli(), 'request-submitted', await requestIn('draft')),
    ]);
    expect(refused).toEqual(refused.map(() => '42501'));
  });
});
