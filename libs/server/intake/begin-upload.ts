import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { type FileId, PART_SIZE_BYTES } from '#domain/evidence';
import { Database, type Transaction } from '#server/database';
import { faultPoint } from '#server/faults';
import { evidenceKey, EvidenceStore, StoreError } from '#server/storage';
import { lockUpload, mustTakeParts, type UploadRow } from './upload-row.js';

/**
 * Opens a file's upload in the store and writes down which one it is. The store is asked first and outside any transaction: a store
 * that is slow holds neither a connection nor a row. A process killed between the two leaves an upload that no row knows; nothing
 * was lost, and `SweepUploads` gives it up when it is a day old.
 */
@Injectable()
export class BeginUpload {
  /** Parts that come first at once in this process share one upload. */
  private readonly underWay = new Map<FileId, Promise<UploadRow>>();

  constructor(
    private readonly database: Database,
    private readonly store: EvidenceStore,
  ) {}

  /**
   * Of several processes that begin at once the first to write it down wins; the others give theirs back.
   * @returns the row as it is then: with the upload's name, or stored by somebody meanwhile
   * @throws Problem 'not-found', 'conflict' · StoreError
   */
  begin(actor: ActingOfficer, row: UploadRow): Promise<UploadRow> {
    const running = this.underWay.get(row.fileId);
    if (running) return running;
    const beginning = this.open(actor, row).finally(() => this.underWay.delete(row.fileId));
    this.underWay.set(row.fileId, beginning);
    return beginning;
  }

  private async open(actor: ActingOfficer, row: UploadRow): Promise<UploadRow> {
    mustTakeParts(row);
    const { key, uploadId } = await this.store.beginUpload(evidenceKey(row), {
      sealedSizeBytes: row.sealedSizeBytes,
      partSizeBytes: PART_SIZE_BYTES,
    });
    faultPoint('after-begin');
    // When this fails the upload is left to the sweep, not aborted: a commit whose answer was lost may have written it down.
    const known = await this.database.asOfficer(actor, (tx) => writeDown(tx, actor, row.fileId, uploadId));
    if (known.uploadRef !== uploadId) await this.giveBack(key, uploadId);
    return known;
  }

  /** A store that is away keeps it until the sweep. */
  private async giveBack(key: string, uploadId: string): Promise<void> {
    await this.store.abortUpload({ key, uploadId }).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
    });
  }
}

/** Unless the file has an upload, or is stored, already. */
async function writeDown(tx: Transaction, actor: ActingOfficer, fileId: FileId, uploadId: string): Promise<UploadRow> {
  const row = await lockUpload(tx, actor, fileId);
  if (row.state !== 'announced') return row;
  mustTakeParts(row);
  await tx.query(`UPDATE amana.evidence_file SET state = 'uploading', upload_ref = $2 WHERE id = $1`, [
    fileId,
    uploadId,
  ]);
  if (row.exhibitState === 'registered')
    await tx.query(
      `UPDATE amana.exhibit SET state = 'uploading', version = version + 1 WHERE id = $1 AND state = 'registered'`,
      [row.exhibitId],
    );
  return { ...row, state: 'uploading', uploadRef: uploadId };
}
