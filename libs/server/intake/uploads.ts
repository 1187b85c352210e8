import { Injectable } from '@nestjs/common';
import { type ActingOfficer, decideIntake } from '#domain/authority';
import { type PartReceived, Problem, type UploadView } from '#domain/contract';
import { type FileId, partCount, PART_SIZE_BYTES, partSizeBytes } from '#domain/evidence';
import { refusal } from '#server/authority';
import { Database } from '#server/database';
import { faultPoint } from '#server/faults';
import { entityTagOf, Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { EvidenceStore, StoreError, type StoredPart } from '#server/storage';
import { BeginUpload } from './begin-upload.js';
import { collectPart } from './collect-part.js';
import { type IncomingPart, mustFit } from './incoming-part.js';
import { StoreObject } from './store-object.js';
import { mustFindUpload, mustTakeParts, uploadOf, type UploadRow } from './upload-row.js';

/** The most of a part that is ever held in memory here. */
const SMALL_FILE_BYTES = 256 * 1024;

/** An upload, and the tag of it as the store has it: other parts, or other bytes in one of them, have another. */
export interface TaggedUpload {
  readonly view: UploadView;
  readonly etag: string;
}

/** The bytes of sealed files on their way in. What counts is what the store has; the rows only say where. */
@Injectable()
export class Uploads {
  constructor(
    private readonly database: Database,
    private readonly store: EvidenceStore,
    private readonly begun: BeginUpload,
    private readonly objects: StoreObject,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * Streams a part to the store. It counts once it is durable there and has its digest; the same again replaces it. The only
   * part of a small file completes it.
   * @throws Problem 'forbidden', 'not-found', 'short-part', 'part-size', 'part-offset', 'conflict', 'digest-mismatch' · StoreError
   */
  async putPart(actor: ActingOfficer, fileId: FileId, part: IncomingPart): Promise<PartReceived> {
    mustMayBringIn(actor);
    const found = await this.database.asOfficer(actor, (tx) => mustFindUpload(tx, actor, fileId));
    mustFit(found.sealedSizeBytes, part);
    const row = found.state === 'announced' && !isSmall(found) ? await this.begun.begin(actor, found) : found;
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
   * All parts are there: joins them, locks the object and puts it on the record. May be called again whenever the outcome is unknown:
   * a file that is stored answers so, whatever the tag says (RFC 9110 §13.1.1, the change asked for was made).
   * @param expected tag of the upload that was seen
   * @throws Problem 'forbidden', 'not-found', 'precondition-failed', 'conflict' naming what is missing, 'idempotency-mismatch' · StoreError
   */
  async complete(
    actor: ActingOfficer,
    fileId: FileId,
    { claim, expected }: { claim: IdempotencyClaim | null; expected: string },
  ): Promise<TaggedUpload> {
    mustMayBringIn(actor);
    const { kept, row } = await this.database.asOfficer(actor, async (tx) => ({
      kept: await this.idempotency.recall<UploadView>(tx, actor.officerId, claim),
      row: await mustFindUpload(tx, actor, fileId),
    }));
    if (kept) return taggedStored(kept.body);
    if (row.state !== 'stored') {
      mustTakeParts(row);
      const parts = await this.objects.partsOf(row);
      if (tagged(row, parts).etag !== expected) throw new Problem('precondition-failed');
      await this.objects.complete(actor, row, parts);
    }
    const view = viewOf({ ...row, state: 'stored' }, []);
    // A crash here forgets the answer, not the file: the repeat finds it stored.
    await this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, () => Promise.resolve(view)),
    );
    return taggedStored(view);
  }

  async find(actor: ActingOfficer, fileId: FileId): Promise<TaggedUpload> {
    const row = await this.database.asOfficer(actor, (tx) => mustFindUpload(tx, actor, fileId));
    return tagged(row, await this.objects.partsOf(row));
  }

  /** What the store really has of a file. */
  async view(row: UploadRow): Promise<UploadView> {
    return viewOf(row, await this.objects.partsOf(row));
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

function tagged(row: UploadRow, parts: readonly StoredPart[]): TaggedUpload {
  const view = viewOf(row, parts);
  return row.state === 'stored' ? taggedStored(view) : { view, etag: entityTagOf([view, row.uploadRef, parts]) };
}

function taggedStored(view: UploadView): TaggedUpload {
  return { view, etag: entityTagOf(view) };
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
