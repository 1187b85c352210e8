import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { type Act, type ActingOfficer, decide } from '#domain/authority';
import { freshDatabase, openDatabase, type OpenDatabase, type TestDatabase } from '../../../test/support/database.js';
import { randomOf } from '../../../test/support/random.js';
import { RandomWorld } from '../../../test/support/random-world.js';
import { writeWorld } from '../../../test/support/write-world.js';

/** `AMANA_SEED` makes the worlds of another run again. */
const { random, seed } = randomOf(process.env.AMANA_SEED);
const STATES = 100_000;
const PER_WORLD = 10_000;

let db: TestDatabase;
let app: OpenDatabase;
let administrator: Client;
beforeAll(async () => {
  db = await freshDatabase();
  app = await openDatabase(db.appUrl);
  administrator = new Client({ connectionString: db.superuserUrl });
  await administrator.connect();
});
afterAll(async () => {
  await administrator?.end();
  await app?.close();
  await db?.drop();
});

describe(`decide() and the database, over random worlds of seed ${seed}`, () => {
  it(`agree in ${STATES} states on whose bytes may be opened`, async () => {
    const disagreed: string[] = [];
    let allowed = 0;
    for (let seen = 0; seen < STATES; seen += PER_WORLD) {
      const world = new RandomWorld(random);
      await writeWorld(administrator, world);
      const questions = Array.from({ length: PER_WORLD }, () => world.question());
      const { rows } = await administrator.query<{ may: boolean }>(
        `SELECT amana.may_open(o, x, g, a, $5) AS may FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) WITH ORDINALITY AS q(o, x, g, a, n) ORDER BY n`,
        [
          questions.map(({ officer }) => officer.officerId),
          questions.map(({ exhibit }) => exhibit.exhibitId),
          questions.map(({ grant }) => grant?.grantId ?? null),
          questions.map(({ act }) => act),
          world.now,
        ],
      );
      for (const [at, { officer, exhibit, grant, act }] of questions.entries()) {
        const said = decide(
          { act, actor: officer, exhibit, grants: grant ? [grant] : [], purpose: 'any words at all' },
          world.now,
        );
        // A grant is nothing to the agency that holds the exhibit: the platform never opens by one there.
        const decided = said.allowed && (grant === null) === (officer.agencyId === exhibit.agencyId);
        if (decided) allowed += 1;
        if (decided !== rows[at]?.may)
          disagreed.push(JSON.stringify({ act, officer, exhibit, grant, said, wall: rows[at]?.may }));
      }
    }
    expect(disagreed.slice(0, 3)).toEqual([]);
    // Worlds in which nearly all is refused would prove little.
    expect(allowed).toBeGreaterThan(STATES / 50);
  }, 300_000);

  it('agree on what an officer sees at all: whatever is decided in their favour they can see, and keys only of what they may open', async () => {
    const world = new RandomWorld(random);
    await writeWorld(administrator, world);
    const wrong: string[] = [];
    for (const officer of world.officers) {
      const { exhibits, keys } = await app.database.asOfficer(officer, async (tx) => ({
        exhibits: await tx.query<{ id: string }[]>('SELECT id FROM amana.exhibit'),
        keys: await tx.query<{ exhibit: string; grant: string | null }[]>(
          `SELECT f.exhibit_id AS exhibit, k.grant_id AS grant FROM amana.file_key k JOIN amana.evidence_file f ON f.id = k.file_id`,
        ),
      }));
      const seen = new Set(exhibits.map(({ id }) => id));
      for (const exhibit of world.exhibits) {
        const grants = world.grantsReaching(exhibit, officer.agencyId);
        for (const act of ['consider', 'read', 'retrieve', 'export', 'audit'] as const) {
          const { allowed } = decide({ act, actor: officer, exhibit, grants, purpose: 'words' }, world.now);
          if (allowed && !seen.has(exhibit.exhibitId)) wrong.push(`${act} is allowed and not seen`);
        }
      }
      const collector: ActingOfficer = { ...officer, certified: true, roles: ['investigator'] };
      const asked = { act: 'retrieve', purpose: 'words' } as const;
      const open = new Set(keys.map(({ exhibit, grant }) => `${exhibit} ${grant}`));
      for (const grant of world.grants.filter(({ toAgencyId }) => toAgencyId === officer.agencyId)) {
        for (const exhibitId of grant.exhibitIds) {
          const exhibit = world.exhibits.find((one) => one.exhibitId === exhibitId);
          const said = exhibit && decide({ ...asked, actor: collector, exhibit, grants: [grant] }, world.now);
          const carries = said?.allowed === true && said.rule === 'live-grant';
          if (carries !== open.has(`${exhibitId} ${grant.grantId}`))
            wrong.push(`a key is ${carries ? 'not ' : ''}seen`);
        }
      }
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('the API’s own role opens nothing that decide() refuses', async () => {
    const world = new RandomWorld(random);
    await writeWorld(administrator, world);
    const outcomes = { opened: 0, refused: 0 };
    for (const { officer, exhibit, grant, act } of Array.from({ length: 300 }, () => world.question())) {
      const said = decide({ act, actor: officer, exhibit, grants: grant ? [grant] : [], purpose: 'words' }, world.now);
      const decided = said.allowed && (grant === null) === (officer.agencyId === exhibit.agencyId);
      const inserting = app.database.asOfficer(officer, (tx) =>
        tx.query(
          `INSERT INTO amana.retrieval (id, exhibit_id, grant_id, agency_id, officer_id, act, purpose, expires_at) VALUES ($1, $2, $3, $4, $5, $6, 'p', now())`,
          [randomUUID(), exhibit.exhibitId, grant?.grantId ?? null, officer.agencyId, officer.officerId, act],
        ),
      );
      if (decided) await inserting;
      else await expect(inserting).rejects.toMatchObject({ driverError: { code: '42501' } });
      outcomes[decided ? 'opened' : 'refused'] += 1;
    }
    expect(outcomes.opened).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(0);
  }, 120_000);

  it('agree that what is not one of the two acts opens nothing', () => {
    const world = new RandomWorld(random);
    const others: Act[] = ['share', 'approve', 'revoke', 'hold', 'correct'];
    for (const { officer, exhibit, grant } of Array.from({ length: 2000 }, () => world.question())) {
      if (officer.agencyId === exhibit.agencyId) continue;
      for (const act of others)
        expect(
          decide({ act, actor: officer, exhibit, grants: grant ? [grant] : [], purpose: 'p' }, world.now).allowed,
        ).toBe(false);
    }
  });
});
