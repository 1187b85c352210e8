import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { Problem } from '#domain/contract';
import type { FileId, RetrievalId } from '#domain/evidence';
import { type GeneralJws, ManifestError, readJws, type Receipt, RECEIPT_TYP, verifyReceipt } from '#domain/manifest';
import { actingAs, exhibitFacts, type ExhibitInCase } from '#server/authority';
import { Custody } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { certifiedKey } from '#server/identity';
import { Retrieval } from './retrieval.entity.js';

/** That a receipt is kept, and since when. */
export interface ReceiptKept {
  readonly retrievalId: RetrievalId;
  readonly receivedAt: string;
}

/** Takes what a recipient signs once everything has arrived and has the digests of the manifest. */
@Injectable()
export class Receipts {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * Once a retrieval: the same statement again answers the same. It may come after the retrieval has ended.
   * @throws Problem 'not-found', 'manifest-invalid', 'signer-not-certified', 'manifest-mismatch' naming the field, 'conflict',
   *   'idempotency-mismatch'
   */
  keep(actor: ActingOfficer, claim: IdempotencyClaim | null, id: RetrievalId, jws: unknown): Promise<ReceiptKept> {
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, () => this.keepIn(tx, actor, id, jws)),
    );
  }

  private async keepIn(tx: Transaction, actor: ActingOfficer, id: RetrievalId, jws: unknown): Promise<ReceiptKept> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 4))`, [id]);
    const retrieval = await tx.findOneBy(Retrieval, { id, officerId: actor.officerId });
    const exhibit = retrieval && (await exhibitFacts(tx, retrieval.exhibitId));
    if (!retrieval || !exhibit) throw new Problem('not-found');
    const receipt = await verified(tx, actor, jws);
    if (retrieval.receipt && retrieval.receivedAt) {
      if (retrieval.receipt.payload !== (jws as GeneralJws).payload)
        throw new Problem('conflict', 'the retrieval has another receipt');
      return { retrievalId: id, receivedAt: retrieval.receivedAt.toISOString() };
    }
    await mustMatch(tx, receipt, retrieval, exhibit);
    return this.record(tx, actor, jws as GeneralJws, retrieval, exhibit);
  }

  private async record(
    tx: Transaction,
    actor: ActingOfficer,
    jws: GeneralJws,
    { id, grantId, purpose }: Retrieval,
    exhibit: ExhibitInCase,
  ): Promise<ReceiptKept> {
    const receivedAt = new Date();
    await tx.query(`UPDATE amana.retrieval SET receipt = $2, received_at = $3 WHERE id = $1`, [id, jws, receivedAt]);
    await this.custody.append(
      tx,
      [
        {
          visibleTo: [exhibit.agencyId],
          statement: {
            kind: 'exhibit-received',
            chain: { kind: 'case', id: exhibit.caseId },
            exhibitId: exhibit.exhibitId,
            actor: actingAs(actor, ['investigator', 'prosecutor']),
            ...(exhibit.agencyId !== actor.agencyId && { counterpart: { agencyId: exhibit.agencyId } }),
            purpose,
            ...(grantId && { authority: { grantId } }),
            ...(exhibit.manifestSha256 && { hashAfter: exhibit.manifestSha256 }),
            result: 'done',
            retrievalId: id,
            signature: jws.signatures[0]?.signature ?? '',
          },
        },
      ],
      receivedAt,
    );
    return { retrievalId: id, receivedAt: receivedAt.toISOString() };
  }
}

/** The statement, signed with the certified key of the very officer who made the retrieval. */
async function verified(tx: Transaction, actor: ActingOfficer, jws: unknown): Promise<Receipt> {
  try {
    if (readJws(jws, { [RECEIPT_TYP]: [] }).signatures.length !== 1)
      throw new Problem('manifest-invalid', 'a receipt has one signature');
    const certified = await certifiedKey(tx, actor, new Date());
    const { statement } = await verifyReceipt(jws, (kid) => (kid === certified?.kid ? certified.key : undefined));
    return statement;
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    if (error.code === 'unknown-key' || error.code === 'bad-key')
      throw new Problem('signer-not-certified', error.message);
    throw new Problem('manifest-invalid', error.message, { faults: error.problems.slice(0, 50) });
  }
}

async function mustMatch(
  tx: Transaction,
  receipt: Receipt,
  retrieval: Retrieval,
  exhibit: ExhibitInCase,
): Promise<void> {
  const files = await tx.query<{ id: FileId; sha256: string | null }[]>(
    `SELECT id, encode(sha256, 'hex') AS sha256 FROM amana.evidence_file WHERE exhibit_id = $1`,
    [exhibit.exhibitId],
  );
  const field = difference(receipt, retrieval, exhibit, new Map(files.map(({ id, sha256 }) => [id, sha256])));
  if (field === null) return;
  const message = 'is not what was retrieved';
  throw new Problem('manifest-mismatch', `${field} ${message}`, { faults: [{ path: field, message }] });
}

function difference(
  receipt: Receipt,
  retrieval: Retrieval,
  exhibit: ExhibitInCase,
  files: ReadonlyMap<FileId, string | null>,
): string | null {
  if (receipt.retrievalId !== retrieval.id) return 'retrievalId';
  if (receipt.exhibitId !== exhibit.exhibitId) return 'exhibitId';
  if (receipt.manifestSha256 !== exhibit.manifestSha256) return 'manifestSha256';
  const wrong = receipt.files.findIndex(({ id, sha256 }) => files.get(id) !== sha256);
  if (wrong !== -1) return `files.${wrong}`;
  return receipt.files.length === files.size ? null : 'files';
}
