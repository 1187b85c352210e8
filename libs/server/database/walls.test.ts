import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import {
  type AgencyId,
  AgreementId,
  type CaseId,
  type ExhibitId,
  type GrantId,
  type OfficerId,
} from '#domain/evidence';
import type { CustodyStatement } from '#domain/custody';
import { Custody } from '#server/custody';
import { freshDatabase, openDatabase, type OpenDatabase, type TestDatabase } from '../../../test/support/database.js';
import { seedDirectory, type TestDirectory } from '../../../test/support/directory.js';

/** What holds beneath the API, whatever its code does: as the role that it has, in a transaction that says who acts. */
let db: TestDatabase;
let app: OpenDatabase;
let directory: TestDirectory;
let administrator: Client;
let caseId: CaseId;
let exhibitId: ExhibitId;
let grantId: GrantId;
beforeAll(async () => {
  db = await freshDatabase();
  app = await openDatabase(db.appUrl);
  directory = await seedDirectory(db.superuserUrl, 'http://issuer.example');
  administrator = new Client({ connectionString: db.superuserUrl });
  await administrator.connect();
  [caseId, exhibitId, grantId] = [randomUUID() as CaseId, randomUUID() as ExhibitId, randomUUID() as GrantId];
  const { tripoli, rome, teamId } = directory;
  await administrator.query(
    `INSERT INTO amana.case_file (id, agency_id, number, opened_by) VALUES ($1, $2, 'C-1', $3)`,
    [caseId, tripoli.id, tripoli.investigator.id],
  );
  await administrator.query(
    `INSERT INTO amana.exhibit (id, case_id, agency_id, officer_id, number, state, facts, registration_sha256, file_count, sealed_size_bytes)
     VALUES ($1, $2, $3, $4, 'E-1', 'sealed', '{}', '', 1, 1)`,
    [exhibitId, caseId, tripoli.id, tripoli.investigator.id],
  );
  await administrator.query(
    `INSERT INTO amana.evidence_grant (id, from_agency_id, to_agency_id, team_id, agreement_id, proposed_by, approved_by, purpose, legal_basis,
       state, valid_from, expires_at)
     SELECT $1, $2, $3, t.id, t.agreement_id, $5, $6, 'trial', 'Art. 19', 'approved', now(), now() + interval '1 day' FROM amana.team t WHERE t.id = $4`,
    [grantId, tripoli.id, rome.id, teamId, tripoli.investigator.id, tripoli.approver.id],
  );
  await administrator.query(`INSERT INTO amana.grant_exhibit VALUES ($1, $2, $3, $4)`, [
    grantId,
    exhibitId,
    tripoli.id,
    rome.id,
  ]);
  for (const { id } of [tripoli, rome])
    await administrator.query(`INSERT INTO amana.agency_key_bundle VALUES ($1, 1, 'wrapped')`, [id]);
});
afterAll(async () => {
  await administrator?.end();
  await app?.close();
  await db?.drop();
});

type Who = { id: OfficerId; agency: { id: AgencyId } };
const acting = ({ id, agency }: Who, roles: string[] = []) =>
  ({ officerId: id, agencyId: agency.id, state: 'LY', roles, certified: true }) as never;
/** Rows that a statement changed, as this officer's transaction. */
const changedBy = async (who: Who, sql: string, parameters: unknown[] = []): Promise<number> => {
  const [, count] = await app.database.asOfficer(acting(who), (tx) => tx.query<[unknown, number]>(sql, parameters));
  return count;
};
const COLUMNS = [
  ...[
    'id',
    'chain_id',
    'case_seq',
    'exhibit_id',
    'exhibit_seq',
    'kind',
    'at',
    'agency_ids',
    'states',
    'salt',
    'body',
    'commitment',
  ],
];
const REFUSED = { driverError: { code: '42501' } };

describe('a change by another agency', () => {
  it.each<[string, string, () => string]>([
    ['of an agency', `UPDATE amana.agency SET statement = '{}' WHERE id = $1`, () => directory.tripoli.id],
    [
      'of an officer',
      `UPDATE amana.officer SET key_state = 'revoked' WHERE id = $1`,
      () => directory.tripoli.investigator.id,
    ],
    [
      'of a filter team',
      `UPDATE amana.officer SET filter_team = true WHERE id = $1`,
      () => directory.tripoli.auditor.id,
    ],
    [
      'of wrapped keys',
      `UPDATE amana.agency_key_bundle SET wrapped_keys = '' WHERE agency_id = $1`,
      () => directory.tripoli.id,
    ],
    ['of a grant', `UPDATE amana.evidence_grant SET state = 'revoked' WHERE id = $1`, () => grantId],
    ['of an exhibit', `UPDATE amana.exhibit SET state = 'quarantined' WHERE id = $1`, () => exhibitId],
  ])('%s reaches nothing', async (_name, sql, id) => {
    expect(await changedBy(directory.stranger.investigator, sql, [id()])).toBe(0);
  });

  it('reaches its own, so that the wall is no mere lack of rights', async () => {
    const { tripoli } = directory;
    const mine = `UPDATE amana.officer SET filter_team = false WHERE id = $1`;
    expect(await changedBy(tripoli.approver, mine, [tripoli.investigator.id])).toBe(1);
  });

  it('sees no wrapped keys but its own', async () => {
    const seen = await app.database.asOfficer(acting(directory.rome.prosecutor), (tx) =>
      tx.query<{ agency_id: string }[]>('SELECT agency_id FROM amana.agency_key_bundle'),
    );
    expect(seen).toEqual([{ agency_id: directory.rome.id }]);
    await expect(
      changedBy(directory.rome.prosecutor, `INSERT INTO amana.agency_key_bundle VALUES ($1, 2, '')`, [
        directory.tripoli.id,
      ]),
    ).rejects.toMatchObject(REFUSED);
  });
});

describe('the recipient’s answer to a grant', () => {
  it.each([
    [`state = 'approved', version = version + 1`],
    [`state = 'proposed'`],
    [`state = 'revoked'`],
    [`state = 'expired'`],
    [`state = 'accepted', approved_by = NULL`],
  ])('is not: %s', async (change) => {
    const sql = `UPDATE amana.evidence_grant SET ${change} WHERE id = $1`;
    await expect(changedBy(directory.rome.prosecutor, sql, [grantId])).rejects.toMatchObject(REFUSED);
  });

  it.each([['from_agency_id = to_agency_id'], [`expires_at = 'infinity'`], [`agreed_purpose = 'other'`]])(
    'never reaches %s',
    async (change) => {
      const sql = `UPDATE amana.evidence_grant SET ${change} WHERE id = $1`;
      await expect(changedBy(directory.rome.prosecutor, sql, [grantId])).rejects.toMatchObject(REFUSED);
    },
  );

  it('is to accept or refuse, once', async () => {
    const sql = `UPDATE amana.evidence_grant SET state = 'accepted' WHERE id = $1`;
    expect(await changedBy(directory.rome.prosecutor, sql, [grantId])).toBe(1);
    expect(await changedBy(directory.rome.prosecutor, sql, [grantId])).toBe(0);
  });
});

describe('oversight', () => {
  it('sees which exhibits a grant of its state is for; another state does not', async () => {
    const seenFrom = (state: string) =>
      app.database.asOfficer(
        { ...(acting(directory.stranger.investigator, ['auditor']) as object), state } as never,
        (tx) => tx.query<unknown[]>('SELECT exhibit_id AS id FROM amana.grant_exhibit'),
      );
    expect(await seenFrom('LY')).toEqual([{ id: exhibitId }]);
    expect(await seenFrom('IT')).toEqual([{ id: exhibitId }]);
    expect(await seenFrom('GR')).toEqual([]);
  });
});

describe('an event', () => {
  const officer = ({ id, agency }: Who): CustodyStatement['actor'] => ({
    kind: 'officer',
    officerId: id,
    agencyId: agency.id,
    role: 'investigator',
  });
  const inCase = (actor: CustodyStatement['actor'], over: Partial<CustodyStatement> = {}): CustodyStatement => ({
    kind: 'record-read',
    chain: { kind: 'case', id: caseId },
    exhibitId,
    actor,
    result: 'done',
    ...over,
  });
  const append = (who: Who | null, statement: CustodyStatement) => {
    const entry = [{ statement, visibleTo: [] }];
    return who
      ? app.database.asOfficer(acting(who), (tx) => new Custody().append(tx, entry))
      : app.database.asPlatform((tx) => new Custody().append(tx, entry));
  };

  it('is taken from the officer who acts, and from the platform', async () => {
    const { tripoli, rome } = directory;
    await append(tripoli.investigator, inCase(officer(tripoli.investigator)));
    await append(rome.prosecutor, inCase(officer(rome.prosecutor)));
    await append(null, inCase({ kind: 'platform', component: 'api' }));
    const register = { kind: 'agency' as const, id: tripoli.id };
    await append(tripoli.investigator, {
      kind: 'record-read',
      chain: register,
      actor: officer(tripoli.investigator),
      result: 'done',
    });
  });

  it.each<[string, () => [Who | null, CustodyStatement]]>([
    [
      'in the name of a colleague',
      () => [directory.tripoli.investigator, inCase(officer(directory.tripoli.colleague))],
    ],
    [
      'in the name of another agency',
      () => [
        directory.tripoli.investigator,
        inCase(officer({ id: directory.tripoli.investigator.id, agency: directory.rome })),
      ],
    ],
    ['of an officer, by nobody', () => [null, inCase(officer(directory.tripoli.investigator))]],
    ['in the name of the worker', () => [null, inCase({ kind: 'platform', component: 'worker' })]],
    [
      'in the register of another agency',
      () => [
        directory.tripoli.investigator,
        {
          kind: 'record-read',
          chain: { kind: 'agency', id: directory.rome.id },
          actor: officer(directory.tripoli.investigator),
          result: 'done',
        },
      ],
    ],
    [
      'as an agreement, in the register of an agency it shares no team with',
      () => [
        directory.stranger.investigator,
        {
          kind: 'agreement-in-force',
          chain: { kind: 'agency', id: directory.rome.id },
          actor: officer(directory.stranger.investigator),
          result: 'done',
        },
      ],
    ],
    ...(
      ['agreement-drafted', 'agreement-signed', 'agreement-amended', 'agreement-suspended', 'agreement-ended'] as const
    ).map((kind): [string, () => [Who, CustodyStatement]] => [
      `as ${kind}, in the register of an agency it has no such agreement with`,
      () => [
        directory.stranger.investigator,
        {
          kind,
          chain: { kind: 'agency', id: directory.rome.id },
          actor: officer(directory.stranger.investigator),
          authority: { agreementId: AgreementId.parse(randomUUID()) },
          result: 'done',
        },
      ],
    ]),
    [
      'as an appointment, in the register of a partner',
      () => [
        directory.tripoli.investigator,
        {
          kind: 'team-appointed',
          chain: { kind: 'agency', id: directory.rome.id },
          actor: officer(directory.tripoli.investigator),
          result: 'done',
        },
      ],
    ],
    [
      'in another case than the exhibit’s',
      () => [
        directory.tripoli.investigator,
        inCase(officer(directory.tripoli.investigator), { chain: { kind: 'case', id: randomUUID() as CaseId } }),
      ],
    ],
  ])('is refused %s', async (_name, make) => {
    const [who, statement] = make();
    await expect(append(who, statement)).rejects.toMatchObject(REFUSED);
  });

  it('is refused in a case that its agency has nothing to do with', async () => {
    const [foreign, theirs] = [randomUUID() as CaseId, directory.rome];
    await administrator.query(
      `INSERT INTO amana.case_file (id, agency_id, number, opened_by) VALUES ($1, $2, 'R-1', $3)`,
      [foreign, theirs.id, theirs.investigator.id],
    );
    const { exhibitId: _, ...statement } = inCase(officer(directory.stranger.investigator), {
      chain: { kind: 'case', id: foreign },
    });
    await expect(append(directory.stranger.investigator, statement)).rejects.toMatchObject(REFUSED);
    await append(theirs.investigator, { ...statement, actor: officer(theirs.investigator) });
  });

  /** A row as it would come next in its chains, written by hand; then changed. */
  async function writeByHand(change: Record<string, unknown>): Promise<void> {
    const who = directory.tripoli.investigator;
    await append(who, inCase(officer(who)));
    await app.database.asOfficer(acting(who), async (tx) => {
      const [last] = await tx.query<({ body: Buffer; commitment: Buffer } & Record<string, unknown>)[]>(
        `SELECT ${COLUMNS.join(', ')} FROM amana.custody_event WHERE chain_id = $1 ORDER BY case_seq DESC LIMIT 1`,
        [caseId],
      );
      const said = JSON.parse(last!.body.toString('utf8')) as Record<string, unknown>;
      const id = randomUUID();
      const [caseSeq, exhibitSeq] = [Number(said.caseSeq) + 1, Number(said.exhibitSeq) + 1];
      const prev = last!.commitment.toString('base64');
      const body = { ...said, id, caseSeq, exhibitSeq, prevCaseCommitment: prev, prevExhibitCommitment: prev };
      const { said: otherwise = {}, ...columns } = change as { said?: object };
      const bytes = Buffer.from(JSON.stringify({ ...body, ...otherwise }));
      const row = { ...last, id, case_seq: caseSeq, exhibit_seq: exhibitSeq, body: bytes, ...columns } as Record<
        string,
        unknown
      >;
      await tx.query(
        `INSERT INTO amana.custody_event (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map((_, at) => `$${at + 1}`).join(', ')})`,
        COLUMNS.map((column) => row[column]),
      );
    });
  }

  it('written by hand is taken as long as it stands where it says', async () => {
    await writeByHand({});
  });

  it.each<[string, Record<string, unknown>]>([
    ['further on in its chain than the last', { case_seq: 10_000, said: { caseSeq: 10_000 } }],
    ['further on in its exhibit’s chain than the last', { exhibit_seq: 10_000, said: { exhibitSeq: 10_000 } }],
    ['before its chain has begun', { case_seq: 0, said: { caseSeq: 0 } }],
    ['at another place than it says', { said: { caseSeq: 10_000 } }],
    ['after another event than it says', { said: { prevCaseCommitment: Buffer.alloc(32).toString('base64') } }],
    ['as the first of its chain', { said: { prevCaseCommitment: null } }],
    ['after another event of its exhibit than it says', { said: { prevExhibitCommitment: null } }],
    ['under another id than it says', { id: randomUUID() }],
    ['of another kind than it says', { kind: 'exhibit-sealed' }],
    ['of another exhibit than it says', { exhibit_id: null, exhibit_seq: null }],
    ['in another chain than it says', { said: { chain: { kind: 'case', id: randomUUID() } } }],
    ['hidden from the agency that acted', { agency_ids: [] }],
  ])('written by hand is refused %s', async (_name, change) => {
    await expect(writeByHand(change)).rejects.toMatchObject(REFUSED);
  });
});

describe('a job', () => {
  const ask = (topic: string, key: string, payload: object, done: string | null = null) =>
    app.database.asPlatform((tx) =>
      tx.query(`INSERT INTO amana.outbox (topic, key, payload, done_at) VALUES ($1, $2, $3, $4)`, [
        topic,
        key,
        payload,
        done,
      ]),
    );

  it('is asked for under its own name', async () => {
    const id = randomUUID();
    await ask('recheck-exhibit', `recheck-exhibit/${id}`, { exhibitId: id });
  });

  it.each<[string, () => Parameters<typeof ask>]>([
    [
      'under the name of another',
      () => ['recheck-exhibit', `recheck-exhibit/${randomUUID()}`, { exhibitId: randomUUID() }],
    ],
    [
      'as if it were done',
      () => {
        const id = randomUUID();
        return ['recheck-exhibit', `recheck-exhibit/${id}`, { exhibitId: id }, '2026-01-01'];
      },
    ],
    ['of no topic', () => ['brew-coffee', 'brew-coffee/1', {}]],
    ['of nothing', () => ['review-event', 'review-event/1', {}]],
  ])('is refused %s', async (_name, make) => {
    await expect(ask(...make())).rejects.toMatchObject(REFUSED);
  });
});
