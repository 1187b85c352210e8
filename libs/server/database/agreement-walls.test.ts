import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { GrantId } from '#domain/evidence';
import { freshDatabase, openDatabase, type OpenDatabase, type TestDatabase } from '../../../test/support/database.js';
import { seedDirectory, type TestDirectory, type TestOfficer } from '../../../test/support/directory.js';

/** What holds of agreements, teams and the gate of third states beneath the API, whatever its code does. */
let db: TestDatabase;
let app: OpenDatabase;
let directory: TestDirectory;
let administrator: Client;
let agreementId: string;
beforeAll(async () => {
  db = await freshDatabase();
  app = await openDatabase(db.appUrl);
  directory = await seedDirectory(db.superuserUrl, 'http://issuer.example');
  administrator = new Client({ connectionString: db.superuserUrl });
  await administrator.connect();
  const found = await administrator.query<{ id: string }>(`SELECT id FROM amana.agreement`);
  agreementId = found.rows[0]!.id;
});
afterAll(async () => {
  await administrator?.end();
  await app?.close();
  await db?.drop();
});

/** A statement in a transaction of this officer. @returns rows that it changed */
const by = async ({ id, agency }: TestOfficer, sql: string, parameters: unknown[] = []): Promise<number> => {
  const actor = { officerId: id, agencyId: agency.id, state: 'LY', roles: [], certified: true } as never;
  const [, count] = await app.database.asOfficer(actor, (tx) => tx.query<[unknown, number]>(sql, parameters));
  return count;
};
const REFUSED = { driverError: { code: '42501' } };
const DRAFT = `INSERT INTO amana.agreement_text (agreement_id, revision, parties, payload, drafted_by, agency_id) VALUES ($1, $2, $3, '{}', $4, $5)`;
const WORD = `INSERT INTO amana.agreement_stance (agreement_id, agency_id, stance, reason, statement, statement_sha256) VALUES ($1, $2, 'ended', 'x', '{}', '')`;

describe('a text of an agreement', () => {
  const parties = () => [directory.tripoli.id, directory.rome.id];

  it('is laid down by a party, in its own name, and of what it may negotiate', async () => {
    const { investigator: mine } = directory.tripoli;
    const { investigator: stranger } = directory.stranger;
    const [first, second] = [randomUUID(), randomUUID()];
    await by(mine, DRAFT, [first, 1, parties(), mine.id, mine.agency.id]);
    const refused: [TestOfficer, unknown[]][] = [
      [stranger, [second, 1, parties(), stranger.id, stranger.agency.id]],
      [stranger, [second, 1, [...parties(), stranger.agency.id], mine.id, mine.agency.id]],
      [stranger, [first, 2, [...parties(), stranger.agency.id], stranger.id, stranger.agency.id]],
      [stranger, [agreementId, 1, [...parties(), stranger.agency.id], stranger.id, stranger.agency.id]],
    ];
    for (const [who, values] of refused) await expect(by(who, DRAFT, values)).rejects.toMatchObject(REFUSED);
  });

  it('is complete with all its signatures and not before, and then no more signed', async () => {
    const { investigator: mine } = directory.tripoli;
    const id = randomUUID();
    await by(mine, DRAFT, [id, 1, parties(), mine.id, mine.agency.id]);
    const sign = (count: number, done: string) =>
      by(mine, `UPDATE amana.agreement_text SET signatures = $2, completed_at = ${done} WHERE agreement_id = $1`, [
        id,
        JSON.stringify(Array.from({ length: count }, () => ({}))),
      ]);
    await expect(sign(1, 'now()')).rejects.toMatchObject(REFUSED);
    await expect(sign(2, 'NULL')).rejects.toMatchObject(REFUSED);
    expect(
      await by(
        directory.stranger.investigator,
        `UPDATE amana.agreement_text SET signatures = '[]' WHERE agreement_id = $1`,
        [id],
      ),
    ).toBe(0);
    expect(await sign(2, 'now()')).toBe(1);
    expect(await sign(1, 'NULL')).toBe(0);
  });

  it('takes the place of what is in force only where it was laid down, signed by all, and names it', async () => {
    const { instrument } = (await administrator.query<{ instrument: object }>(`SELECT instrument FROM amana.agreement`))
      .rows[0]!;
    for (const who of [directory.tripoli.investigator, directory.stranger.investigator])
      await expect(
        by(who, `SELECT amana.amend_agreement($1, $2, $3)`, [agreementId, JSON.stringify(instrument), parties()]),
      ).rejects.toMatchObject(REFUSED);
  });
});

describe('a party’s word', () => {
  it('is its own alone, and what it has ended it does not take up again', async () => {
    const { tripoli, rome, stranger } = directory;
    await expect(by(rome.investigator, WORD, [agreementId, tripoli.id])).rejects.toMatchObject(REFUSED);
    await expect(by(stranger.investigator, WORD, [agreementId, stranger.id])).rejects.toMatchObject(REFUSED);
    await by(rome.investigator, WORD, [agreementId, rome.id]);
    const again = `UPDATE amana.agreement_stance SET stance = 'standing' WHERE agreement_id = $1`;
    for (const { investigator } of [rome, tripoli, stranger])
      expect(await by(investigator, again, [agreementId])).toBe(0);
    await administrator.query(`DELETE FROM amana.agreement_stance`);
  });
});

describe('an appointment', () => {
  it('is of an officer of the own agency, by another, to a team that the agency is in', async () => {
    const { tripoli, rome, stranger, teamId } = directory;
    const appoint = (who: TestOfficer, officer: TestOfficer, agencyId = who.agency.id) =>
      by(
        who,
        `INSERT INTO amana.team_appointment (team_id, officer_id, role, agency_id, appointed_by) VALUES ($1, $2, 'administrator', $3, $4)`,
        [...[teamId, officer.id, agencyId, who.id]],
      );
    await expect(appoint(tripoli.approver, rome.prosecutor)).rejects.toMatchObject(REFUSED);
    await expect(appoint(tripoli.approver, rome.prosecutor, rome.id)).rejects.toMatchObject(REFUSED);
    await expect(appoint(stranger.investigator, stranger.investigator)).rejects.toMatchObject(REFUSED);
    await expect(appoint(tripoli.approver, tripoli.approver)).rejects.toMatchObject({ driverError: { code: '23514' } });
    await appoint(tripoli.approver, tripoli.prosecutor);
    const { rows } = await administrator.query(`SELECT officer_id AS id FROM amana.team_appointment`);
    expect(rows).toEqual([{ id: tripoli.prosecutor.id }]);
  });
});

describe('the gate of third states', () => {
  it('lets nothing through unreleased, and is opened by an administrator of the team who neither proposed nor approved', async () => {
    const { tripoli, rome, teamId } = directory;
    const id = randomUUID() as GrantId;
    await administrator.query(
      `INSERT INTO amana.evidence_grant (id, from_agency_id, to_agency_id, team_id, agreement_id, proposed_by, approved_by, purpose, legal_basis,
         state, valid_from, expires_at)
       SELECT $1, $2, $3, t.id, t.agreement_id, $5, $6, 'trial', 'Art. 19', 'approved', now(), now() + interval '1 day' FROM amana.team t WHERE t.id = $4`,
      [id, tripoli.id, rome.id, teamId, tripoli.investigator.id, tripoli.approver.id],
    );
    // What every party signed is beyond a test's reach here: that it marks Rome as of a third state.
    await administrator.query(`ALTER TABLE amana.agreement ALTER COLUMN third_states DROP EXPRESSION`);
    await administrator.query(`UPDATE amana.agreement SET third_states = '{IT}'`);
    const accept = () => by(rome.prosecutor, `UPDATE amana.evidence_grant SET state = 'active' WHERE id = $1`, [id]);
    const release = (who: TestOfficer, released: TestOfficer = who) =>
      by(
        who,
        `UPDATE amana.evidence_grant SET released_by = $2, released_at = now(), release_reason = 'x' WHERE id = $1`,
        [id, released.id],
      );
    await expect(accept()).rejects.toMatchObject(REFUSED);
    await expect(release(rome.prosecutor)).rejects.toMatchObject(REFUSED);
    await expect(release(tripoli.colleague)).rejects.toMatchObject(REFUSED);
    await expect(release(tripoli.colleague, tripoli.prosecutor)).rejects.toMatchObject(REFUSED);
    await administrator.query(
      `INSERT INTO amana.team_appointment (team_id, officer_id, role, agency_id, appointed_by) VALUES ($1, $2, 'administrator', $3, $4) ON CONFLICT DO NOTHING`,
      [teamId, tripoli.investigator.id, tripoli.id, tripoli.approver.id],
    );
    await expect(release(tripoli.investigator)).rejects.toMatchObject({ driverError: { code: '23514' } });
    expect(await release(tripoli.prosecutor)).toBe(1);
    expect(await accept()).toBe(1);
  });
});
