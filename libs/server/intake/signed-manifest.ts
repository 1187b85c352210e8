import { type Manifest, ManifestError, verifyManifest } from '#domain/manifest';
import type { Transaction } from '#server/database';
import { certifiedKey } from '#server/identity';
import type { Exhibit } from './exhibit.entity.js';

/** The manifest as its officer signed it, not what rows say of it. Null when the signature does not hold, or is of another exhibit. */
export async function signedManifest(tx: Transaction, exhibit: Exhibit): Promise<Manifest | null> {
  // Who signed may have left since, and the agency may have other keys: what counts is when the manifest was handed in.
  const [handedIn] = await tx.query<{ at: Date | null }[]>(
    `SELECT max(at) AS at FROM amana.custody_event WHERE exhibit_id = $1 AND kind = 'manifest-signed'`,
    [exhibit.id],
  );
  const held = handedIn?.at ?? null;
  try {
    const { manifest, payloadSha256 } = await verifyManifest(exhibit.manifest, async (kid, { officerId, sealedAt }) => {
      const certified = await certifiedKey(tx, { officerId, agencyId: exhibit.agencyId }, new Date(sealedAt), held);
      return certified?.kid === kid ? certified.key : undefined;
    });
    const same = manifest.exhibitId === exhibit.id && payloadSha256 === exhibit.manifestSha256?.toString('hex');
    return same ? manifest : null;
  } catch (error) {
    if (error instanceof ManifestError) return null;
    throw error;
  }
}
