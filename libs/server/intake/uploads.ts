import { Injectable } from '@nestjs/common';
import { type ActingOfficer, decideIntake } from '#domain/authority';
import { type PartReceived, Problem, type UploadView } from '#domain/contract';
import { type FileId, partCount, PART_SIZE_BYTES, partSizeBytes } from '#domain/evidence';
import { refusal } from '#server/authority';
import { Database, type Transaction } from '#server/database';
import { faultPoint } from '#server/faults';
import { evidenceKey, EvidenceStore, type PartBody, StoreError, type StoredPart } from '#server/storage';
import { collectPart } from './collect-part.js';
import { StoreObject } from './store-object.js';
import { lockUpload, mustFindUpload, uploadOf, type UploadRow } from './upload-row.js';

/** The most of a part that is ever held in memory here. */
const SMALL_FILE_BYTES = 256 * 1024;

/** A part as it arrives, its body unread. */
export interface IncomingPart {
  readonly number: number;
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
  readonly body: PartBody;
}

/** The bytes of sealed files on their way in. What counts is what the store has; the rows only say where. */
@Injectable()
export class Uploads {
  constructor(
    private readonly database: Database,
    private readonly store: EvidenceStore,
    private readonly objects: StoreObject,
  ) {}

  /**
   * Streams a part to the store. It counts once it is durable there and has its digest; the same again replaces it. The only
   * part of a small file completes it.
   * @throws Problem 'forbidden', 'not-found', 'part-size', 'conflict', 'digest-mismatch' · StoreError
   */
  async putPart(actor: ActingOfficer, fileId: FileId, part: IncomingPart): Promise<PartReceived> {
    mustMayBringIn(actor);
    const row = await this.database.asOfficer(actor, async (tx) => {
      const found = await mustFindUpload(tx, actor, fileId);
      mustFit(found, part);
      return found.state === 'announced' && !isSmall(found) ? this.begin(tx, actor, fileId) : found;
    });
    if (row.state === 'stored') return this.seenBefore(row, part);
    mustTakeParts(row);
    const isOnly = partCount(row.sealedSizeBytes) === 1;
    if (row.state === 'announced') {
      await this.objects.storeSmall(actor, row, await collectPart(part.body, part.sizeBytes, part.sha256));
    } else {
      const stored = await this.send(actor, row, part);
      faultPoint('after-part');
      if (isOnly) await this.objects.complete(actor, row, [stored]);
    }
    return { number: part.number, sizeBytes: part.sizeBytes, fileState: isOnly ? 'stored' : 'uploading' };
  }

  /**
   * All parts are there: joins them, locks the object and puts it on the record. May be called again whenever the outcome is unknown.
   * @throws Problem 'forbidden', 'not-found', 'conflict' naming what is missing · StoreError
   */
  async complete(actor: ActingOfficer, fileId: FileId): Promise<UploadView> {
    mustMayBringIn(actor);
    const row = await this.database.asOfficer(actor, (tx) => mustFindUpload(tx, actor, fileId));
    if (row.state !== 'stored') {
      mustTakeParts(row);
      await this.objects.complete(actor, row, await this.objects.partsOf(row));
    }
    return viewOf({ ...row, state: 'stored' }, []);
  }

  async find(actor: ActingOfficer, fileId: FileId): Promise<UploadView> {
    const row = await this.database.asOfficer(actor, (tx) => mustFindUpload(tx, actor, fileId));
    return this.view(row);
  }

  /** What the store really has of a file. */
  async view(row: UploadRow): Promise<UploadView> {
    return viewOf(row, await this.objects.partsOf(row));
  }

  /** Two first parts at once wait here for each other, so that they share one upload. */
  private async begin(tx: Transaction, actor: ActingOfficer, fileId: FileId): Promise<UploadRow> {
    const row = await lockUpload(tx, actor, fileId);
    if (row.state !== 'announced') return row;
    mustTakeParts(row);
    const { uploadId } = await this.store.beginUpload(evidenceKey(row), {
      sealedSizeBytes: row.sealedSizeBytes,
      partSizeBytes: PART_SIZE_BYTES,
    });
    // A crash here leaves an upload that no row knows; the sweep of the store's uploads removes it.
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

  private async send(actor: ActingOfficer, row: UploadRow, part: IncomingPart): Promise<StoredPart> {
    const { number, sizeBytes, body, sha256 } = part;
    try {
      return await this.store.putPart(uploadOf(row, row.uploadRef ?? ''), number, sizeBytes, body, { sha256 });
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'not-found')) throw error;
      await this.objects.repair(actor, row);
      throw new Problem('unavailable', 'the upload had ended; send the part again');
    }
  }

  /** A part of a file that is stored already, sent again because its answer was lost: right if it is what is stored. */
  private async seenBefore(row: UploadRow, { number, sizeBytes, sha256 }: IncomingPart): Promise<PartReceived> {
    const held = await this.objects.sha256OfPart(row, number);
    if (!held.equals(sha256)) throw new Problem('conflict', 'the file is stored, with another content of this part');
    return { number, sizeBytes, fileState: 'stored' };
  }
}

/** A file that goes to the store in one piece: an upload in parts would cost more than its bytes do. */
function isSmall({ sealedSizeBytes }: UploadRow): boolean {
  return sealedSizeBytes <= SMALL_FILE_BYTES;
}

function mustMayBringIn(actor: ActingOfficer): void {
  const decision = decideIntake(actor);
  if (!decision.allowed) throw refusal(decision);
}

function mustFit(row: UploadRow, { number, sizeBytes }: IncomingPart): void {
  const count = partCount(row.sealedSizeBytes);
  if (number > count) throw new Problem('part-size', `the file has ${count} parts`);
  const due = partSizeBytes(row.sealedSizeBytes, number);
  if (sizeBytes !== due) throw new Problem('part-size', `part ${number} has ${due} bytes, not ${sizeBytes}`);
}

function mustTakeParts({ exhibitState }: UploadRow): void {
  if (exhibitState !== 'registered' && exhibitState !== 'uploading')
    throw new Problem('conflict', `an exhibit that is ${exhibitState} takes no bytes`);
}

function viewOf(row: UploadRow, parts: readonly StoredPart[]): UploadView {
  const { fileId, exhibitId, state, sealedSizeBytes } = row;
  const received =
    state === 'stored' ? allParts(sealedSizeBytes) : parts.map(({ number, sizeBytes }) => ({ number, sizeBytes }));
  return { fileId, exhibitId, state, partSizeBytes: PART_SIZE_BYTES, sealedSizeBytes, received };
}

function allParts(sealedSizeBytes: number): { number: number; sizeBytes: number }[] {
  return Array.from({ length: partCount(sealedSizeBytes) }, (_, at) => ({
    number: at + 1,
    sizeBytes: partSizeBytes(sealedSizeBytes, at + 1),
  }));
}
