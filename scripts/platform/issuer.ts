import { join } from 'node:path';
import pg from 'pg';
import type { ServiceProcess } from '../services/child-process.js';
import { startIssuer } from '../services/issuer.js';
import type { DemoOfficer } from './demo-world.js';

/** The identity provider of a platform: an outside one, or our own with the demo's accounts. */
export interface PlatformIssuer {
  readonly url: string;
  /** Our own; null when it is somebody else's. */
  readonly server: { readonly ended: () => ServiceProcess['ended']; readonly restart: () => Promise<void> } | null;
  stop(graceMs?: number): Promise<void>;
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
  if (needs.external !== undefined) return { url: needs.external, server: null, stop: () => Promise.resolve() };
  const start = (preferredPort: number | undefined) =>
    startIssuer({
      folder: join(needs.folder, 'issuer'),
      publicUrl: needs.publicUrl,
      accounts: needs.officers.map(({ id, email, name }) => ({ subject: id, email, name, password: needs.password })),
      ...(preferredPort !== undefined && { preferredPort }),
    });
  let issuer = await start(needs.preferredPort);
  const { url, port } = issuer;
  return {
    url,
    server: {
      ended: () => issuer.ended,
      restart: async () => {
        const another = await start(port);
        issuer = another;
        // Officers are known by its address.
        if (another.url !== url) throw new Error(`its port ${port} is taken`);
      },
    },
    stop: (graceMs) => issuer.stop(graceMs),
  };
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
