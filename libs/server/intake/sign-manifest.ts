import { Injectable } from '@nestjs/common';
import { type ActingOfficer, decideIntake } from '#domain/authority';
import { type ExhibitView, Problem } from '#domain/contract';
import type { ExhibitId } from '#domain/evidence';
import { ManifestError, type VerifiedManifest, verifyManifest, type GeneralJws } from '#domain/manifest';
import { actingAs, refusal } from '#server/authority';
import { Custody } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { certifiedKey } from '#server/identity';
import { CaseFile } from './case-file.entity.js';
import { type AnnouncedRow, manifestDifference } from './compare-manifest.js';
import { Exhibit } from './exhibit.entity.js';
import { exhibitView } from './exhibit-view.js';
import { StoredExhibits } from './stored-exhibits.js';

/** Takes the officer's signed manifest: from then on it is fixed what the exhibit is. */
@Injectable()
export class SignManifest {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly idempotency: Idempotency,
    private readonly storedExhibits: StoredExhibits,
  ) {}

  /**
   * Once: the same manifest again answers the same, another is refused. It may come before the bytes or after them.
   * @throws Problem 'forbidden', 'not-found', 'manifest-invalid', 'signer-not-certified', 'manifest-mismatch' naming the field,
   *   'conflict'
   */
  async submit(
    actor: ActingOfficer,
    claim: IdempotencyClaim | null,
    exhibitId: ExhibitId,
    jws: GeneralJws,
  ): Promise<ExhibitView> {
    const decision = decideIntake(actor);
    if (!decision.allowed) throw refusal(decision);
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 3))`, [exhibitId]);
        const exhibit = await tx.findOneBy(Exhibit, { id: exhibitId, agencyId: actor.agencyId });
        if (!exhibit) throw new Problem('not-found');
        const verified = await verifiedManifest(tx, actor, jws);
        if (exhibit.manifestSha256 === null) await this.accept(tx, actor, exhibit, jws, verified);
        else if (exhibit.manifestSha256.toString('hex') !== verified.payloadSha256)
          throw new Problem(
            'conflict',
            'the exhibit has a manifest; a correction is another exhibit that supersedes it',
          );
        const view = await exhibitView(tx, exhibitId);
        if (!view) throw new Problem('not-found');
        return view;
      }),
    );
  }

  private async accept(
    tx: Transaction,
    actor: ActingOfficer,
    exhibit: Exhibit,
    jws: GeneralJws,
    { manifest, payloadSha256 }: VerifiedManifest,
  ): Promise<void> {
    if (exhibit.state !== 'registered' && exhibit.state !== 'uploading')
      throw new Problem('conflict', `an exhibit that is ${exhibit.state} takes no manifest`);
    await mustMatch(tx, exhibit, manifest);
    await tx.query(
      `UPDATE amana.exhibit SET manifest = $2, manifest_sha256 = decode($3, 'hex'), version = version + 1 WHERE id = $1`,
      [exhibit.id, jws, payloadSha256],
    );
    await tx.query(
      `UPDATE amana.evidence_file f SET sha256 = decode(m.sha256, 'hex'), chunk_tree_root = decode(m.root, 'hex')
       FROM unnest($2::uuid[], $3::text[], $4::text[]) AS m(id, sha256, root) WHERE f.id = m.id AND f.exhibit_id = $1`,
      [
        exhibit.id,
        manifest.files.map(({ id }) => id),
        manifest.files.map(({ sha256 }) => sha256),
        manifest.files.map(({ chunkTreeRoot }) => chunkTreeRoot),
      ],
    );
    await this.custody.append(tx, [
      {
        visibleTo: [],
        statement: {
          kind: 'manifest-signed',
          chain: { kind: 'case', id: exhibit.caseId },
          exhibitId: exhibit.id,
          actor: actingAs(actor, ['investigator', 'prosecutor']),
          ...(exhibit.teamId && { teamId: exhibit.teamId }),
          hashBefore: exhibit.registrationSha256.toString('hex'),
          hashAfter: payloadSha256,
          result: 'done',
          detail: { signedBy: manifest.officerId, sealedAt: manifest.sealedAt, software: manifest.software },
          signature: jws.signatures[0]?.signature ?? '',
        },
      },
    ]);
    await this.storedExhibits.markWhole(tx, actor, [exhibit.id]);
  }
}

/** The signature of a certified officer of the actor's agency, whoever of them hands it in. */
async function verifiedManifest(tx: Transaction, actor: ActingOfficer, jws: GeneralJws): Promise<VerifiedManifest> {
  try {
    const verified = await verifyManifest(jws, async (kid, { officerId, sealedAt }) => {
      const certified = await certifiedKey(tx, { officerId, agencyId: actor.agencyId }, new Date(sealedAt));
      return certified?.kid === kid ? certified.key : undefined;
    });
    if (verified.hasSeal) throw new Problem('manifest-invalid', 'the platform seals after it has checked, not before');
    return verified;
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    if (error.code === 'unknown-key' || error.code === 'bad-key')
      throw new Problem('signer-not-certified', error.message);
    throw new Problem('manifest-invalid', error.message, { faults: error.problems.slice(0, 50) });
  }
}

async function mustMatch(tx: Transaction, exhibit: Exhibit, manifest: VerifiedManifest['manifest']): Promise<void> {
  const caseFile = await tx.findOneByOrFail(CaseFile, { id: exhibit.caseId });
  // Plain rows: of fifty thousand files the entities would cost seconds.
  const files = await tx.query<AnnouncedRow[]>(
    `SELECT id, name, name_base64 AS "nameBase64", media_type AS "mediaType", size_bytes::float8 AS "sizeBytes",
       sealed_size_bytes::float8 AS "sealedSizeBytes" FROM amana.evidence_file WHERE exhibit_id = $1 ORDER BY position`,
    [exhibit.id],
  );
  const superseded = exhibit.supersedes ? await tx.findOneByOrFail(Exhibit, { id: exhibit.supersedes }) : null;
  const field = manifestDifference(manifest, {
    exhibit,
    caseNumber: caseFile.number,
    supersededSha256: superseded?.manifestSha256?.toString('hex') ?? null,
    files,
  });
  if (field === null) return;
  const message = 'is not what was registered';
  throw new Problem('manifest-mismatch', `${field} ${message}`, { faults: [{ path: field, message }] });
}
