import { Client } from 'pg';
import { OFFICER_ROLES, type OfficerRole } from '#domain/custody';
import type { TestApi, TestWorld } from '../../support/api.js';
import type { ApiClient } from '../../support/api-client.js';
import { seedAgency, seedOfficer, type TestAgency, type TestOfficer } from '../../support/directory.js';

/**
 * How an agency stands to the evidence: it holds it; was given it within the team; is of the same state, whose auditors oversee it; or has
 * nothing to do with it.
 */
const RELATIONS = ['own', 'team', 'sibling', 'foreign'] as const;
export type Relation = (typeof RELATIONS)[number];

/** Someone to ask: of a role, or of all roles and certified by nobody. */
export type Part = OfficerRole | 'uncertified';
const PARTS: readonly Part[] = [...OFFICER_ROLES, 'uncertified'];

export interface Player {
  readonly relation: Relation;
  readonly part: Part;
  readonly officer: TestOfficer;
  readonly client: ApiClient;
}

/** One officer of every role and relation, signed in. */
export async function castOf(world: TestWorld, api: TestApi): Promise<Player[]> {
  const { tripoli, rome, stranger } = world.directory;
  const client = new Client({ connectionString: world.database.superuserUrl });
  await client.connect();
  try {
    const foreign = await seedAgency(client, 'EG', 'Prosecutor General, Alexandria', 'prosecution');
    const agencies: Readonly<Record<Relation, TestAgency>> = { own: tripoli, team: rome, sibling: stranger, foreign };
    const players: Player[] = [];
    for (const relation of RELATIONS) {
      for (const part of PARTS) {
        const roles = part === 'uncertified' ? [...OFFICER_ROLES] : [part];
        const officer = await seedOfficer(client, world.issuer.url, agencies[relation], roles);
        if (part === 'uncertified')
          await client.query(`UPDATE amana.officer SET key_state = 'none', certificate = NULL WHERE id = $1`, [
            officer.id,
          ]);
        players.push({ relation, part, officer, client: await api.as(officer) });
      }
    }
    return players;
  } finally {
    await client.end();
  }
}
