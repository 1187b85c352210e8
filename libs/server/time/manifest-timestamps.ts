import { Injectable } from '@nestjs/common';
import type { ExhibitId } from '#domain/evidence';
import { Database, type Transaction } from '#server/database';
import type { TimestampAuthority } from './timestamp-authority.js';

/** A sealed manifest that waits for its token. */
export interface UnstampedManifest {
  readonly exhibitId: ExhibitId;
  /** SHA-256 of the manifest's exact payload. */
  readonly sha256: Uint8Array;
}

/** A manifest whose time is attested. */
export interface StampedManifest {
  /** RFC 3161, over the manifest's payload. */
  readonly token: Uint8Array;
  /** RFC 4998, once it was renewed. */
  readonly evidenceRecord: Uint8Array | null;
  readonly genTime: Date;
  readonly tsa: string;
}

/** Timestamps over the payloads of sealed manifests. */
@Injectable()
export class ManifestTimestamps {
  constructor(private readonly database: Database) {}

  /** Sealed first, at most so many. */
  async waiting(limit: number): Promise<UnstampedManifest[]> {
    const rows = await this.database.query<{ exhibit_id: ExhibitId; manifest_sha256: Buffer }>(
      'SELECT exhibit_id, manifest_sha256 FROM amana.manifest_unstamped ORDER BY sealed_at LIMIT $1',
      [limit],
    );
    return rows.map((row) => ({ exhibitId: row.exhibit_id, sha256: row.manifest_sha256 }));
  }

  /**
   * Has a manifest's payload stamped, by its digest, and keeps the token. One that has a token keeps it.
   * @throws TsaError; then it waits on
   */
  async stampManifest({ exhibitId, sha256 }: UnstampedManifest, authority: TimestampAuthority): Promise<void> {
    const { token, genTime, tsaName, certificateNotAfter } = await authority.stamp({
      algorithm: 'SHA-256',
      digest: sha256,
    });
    // One transaction: after a crash it waits still, or is done.
    await this.database.asPlatform(async (tx) => {
      await tx.query(
        `INSERT INTO amana.manifest_timestamp (exhibit_id, manifest_sha256, token, gen_time, tsa, valid_until)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
        [exhibitId, Buffer.from(sha256), Buffer.from(token), genTime, tsaName, certificateNotAfter],
      );
      await tx.query('DELETE FROM amana.manifest_unstamped WHERE exhibit_id = $1', [exhibitId]);
    });
  }

  /** That of an exhibit, as far as whoever's transaction it is may see the exhibit; null while it waits. */
  async of(tx: Transaction, exhibitId: ExhibitId): Promise<StampedManifest | null> {
    const [row] = await tx.query<{ token: Buffer; evidence_record: Buffer | null; gen_time: Date; tsa: string }[]>(
      'SELECT token, evidence_record, gen_time, tsa FROM amana.manifest_timestamp WHERE exhibit_id = $1',
      [exhibitId],
    );
    if (!row) return null;
    return { token: row.token, evidenceRecord: row.evidence_record, genTime: row.gen_time, tsa: row.tsa };
  }
}
