import { join } from 'node:path';
import pg from 'pg';
import { startIssuer } from '../services/issuer.js';
import type { DemoOfficer } from './demo-world.js';

/** The identity provider of a platform: an outside one, or our own with the demo's accounts. */
export interface PlatformIssuer {
  readonly url: string;
  readonly embedded: boolean;
  stop(): Promise<void>;
}

export interface IssuerNeeds {
  readonly folder: string;
  readonly publicUrl: string;
  readonly external: string | undefined;
  readonly preferredPort: number | undefined;
  readonly password: string;
  readonly officers: readonly DemoOfficer[];
}

export async function openIssuer(needs: IssuerNeeds): Promise<PlatformIssuer> {
  if (needs.external !== undefined) return { url: needs.external, embedded: false, stop: () => Promise.resolve() };
  const issuer = await startIssuer({
    folder: join(needs.folder, 'issuer'),
    publicUrl: needs.publicUrl,
    accounts: needs.officers.map(({ id, email, name }) => ({ subject: id, email, name, password: needs.password })),
    ...(needs.preferredPort !== undefined && { preferredPort: needs.preferredPort }),
  });
  return { url: issuer.url, embedded: true, stop: () => issuer.stop() };
}

/** The embedded issuer may come up on another port than last time; the demo's officers are known by its address. */
export async function rehomeOfficers(
  ownerUrl: string,
  issuer: string,
  officers: readonly DemoOfficer[],
): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(`UPDATE amana.officer SET issuer = $1 WHERE id = ANY ($2::uuid[]) AND issuer <> $1`, [
      issuer,
      officers.map(({ id }) => id),
    ]);
  } finally {
    await client.end();
  }
}
