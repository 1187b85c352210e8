import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { Problem } from '#domain/contract';
import { type FileId, partCount, PART_SIZE_BYTES, partSizeBytes } from '#domain/evidence';
import { CONFIG, type Config } from '#server/config';
import { Database } from '#server/database';
import { GroupCommit } from '#server/group-commit';
import { faultPoint } from '#server/faults';
import { evidenceKey, EvidenceStore, StoreError, type StoredPart, type StoredVersion } from '#server/storage';
import { StoredFiles } from './stored-files.js';
import { mustFindUpload, uploadOf, type UploadRow } from './upload-row.js';

const DAY_MS = 86_400_000;

/** What the store is about to be told to join. */
interface JoinNote {
  readonly actor: ActingOfficer;
  readonly fileId: FileId;
  readonly parts: readonly StoredPart[];
}

/**
 * From parts to an object on the record: what is joined is noted → joined → version pinned → locked, and the lock read back → row
 * and event. A crash between any two steps is repaired by taking all of them again: told to join the same parts, the store gives
 * the same version, and the record takes it once.
 */
@Injectable()
export class StoreObject {
  /** Of one file completed twice at once in this process, the second shares the first's outcome. */
  private readonly underWay = new Map<FileId, Promise<void>>();
  private readonly notes = new GroupCommit<JoinNote, 'noted'>(
    ({ actor }) => actor.agencyId,
    (notes) => this.note(notes),
  );

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly store: EvidenceStore,
    private readonly storedFiles: StoredFiles,
  ) {}

  /** @throws Problem 'conflict' while parts are missing, also when the store has lost what it had · StoreError */
  complete(actor: ActingOfficer, row: UploadRow, parts: readonly StoredPart[]): Promise<void> {
    const running = this.underWay.get(row.fileId);
    if (running) return running;
    const completion = this.take(actor, row, parts).finally(() => this.underWay.delete(row.fileId));
    this.underWay.set(row.fileId, completion);
    return completion;
  }

  /**
   * A small file in one piece, without an upload. Of two attempts at once the second finds what the first stored.
   * @throws Problem 'conflict' when other bytes were stored for the file before · StoreError
   */
  async storeSmall(actor: ActingOfficer, row: UploadRow, bytes: Uint8Array): Promise<void> {
    await this.underWay.get(row.fileId)?.catch(() => undefined);
    const storing = this.put(actor, row, bytes).finally(() => this.underWay.delete(row.fileId));
    this.underWay.set(row.fileId, storing);
    await storing;
  }

  /** The parts that the store has; those it was told to join where it no longer has the upload. */
  async partsOf(row: UploadRow): Promise<readonly StoredPart[]> {
    if (row.state !== 'uploading' || row.uploadRef === null) return [];
    try {
      return await this.store.listParts(uploadOf(row, row.uploadRef));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return row.joinedParts ?? [];
    }
  }

  /**
   * Puts right a row whose upload the store does not know: it was joined before a crash, or the store has given it up. On return the
   * file is stored, or its upload begins anew.
   */
  async repair(actor: ActingOfficer, row: UploadRow): Promise<void> {
    if (row.joinedParts === null) await this.forget(actor, row);
    else
      await this.complete(actor, row, row.joinedParts).catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
      });
  }

  /** SHA-256 of the bytes that the store holds at a part's place. */
  async sha256OfPart(row: UploadRow, number: number): Promise<Buffer> {
    const start = (number - 1) * PART_SIZE_BYTES;
    const end = start + partSizeBytes(row.sealedSizeBytes, number);
    const hash = createHash('sha256');
    for await (const chunk of await this.store.read(evidenceKey(row), row.versionId ?? '', { start, end }))
      hash.update(chunk as Uint8Array);
    return hash.digest();
  }

  private async take(actor: ActingOfficer, row: UploadRow, parts: readonly StoredPart[]): Promise<void> {
    mustBeAll(row, parts);
    await this.notes.add({ actor, fileId: row.fileId, parts });
    const version = await this.join(actor, row, parts);
    faultPoint('after-complete');
    if (version) await this.acknowledge(actor, row, version.versionId);
  }

  private async put(actor: ActingOfficer, row: UploadRow, bytes: Uint8Array): Promise<void> {
    try {
      const { versionId } = await this.store.putObject(evidenceKey(row), bytes);
      faultPoint('after-part');
      faultPoint('after-complete');
      await this.acknowledge(actor, row, versionId);
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'exists-with-other-bytes')) throw error;
      throw new Problem('conflict', 'other bytes were stored for the file before');
    }
  }

  /** Locks an object and puts it on the record. */
  private async acknowledge(actor: ActingOfficer, row: UploadRow, versionId: string): Promise<void> {
    const { fileId, exhibitId, caseId } = row;
    const retainUntil = await this.lock(evidenceKey(row), versionId);
    await this.storedFiles.acknowledge({ actor, fileId, exhibitId, caseId, versionId, retainUntil });
  }

  /** @returns null when another process has joined them and put the file on the record meanwhile */
  private async join(
    actor: ActingOfficer,
    row: UploadRow,
    parts: readonly StoredPart[],
  ): Promise<StoredVersion | null> {
    try {
      const version = await this.store.completeUpload(uploadOf(row, row.uploadRef ?? ''), parts);
      if (version.sizeBytes === row.sealedSizeBytes) return version;
      throw new StoreError('size-mismatch', `${evidenceKey(row)} has ${version.sizeBytes} bytes`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if ((await this.forget(actor, row)) === 'stored') return null;
      throw new Problem('conflict', 'the store has given up what there was of the file; all parts are missing');
    }
  }

  private async note(notes: readonly JoinNote[]): Promise<'noted'[]> {
    const [first] = notes;
    if (first)
      await this.database.asOfficer(first.actor, (tx) =>
        tx.query(
          `UPDATE amana.evidence_file f SET joined_parts = n.parts FROM unnest($1::uuid[], $2::jsonb[]) AS n(id, parts)
           WHERE f.id = n.id AND f.state = 'uploading'`,
          [notes.map(({ fileId }) => fileId), notes.map(({ parts }) => JSON.stringify(parts))],
        ),
      );
    return notes.map(() => 'noted');
  }

  /** Unless another upload was begun meanwhile, or its file stored. @returns the file's state from then on */
  private async forget(actor: ActingOfficer, { fileId, uploadRef }: UploadRow): Promise<UploadRow['state']> {
    return this.database.asOfficer(actor, async (tx) => {
      await tx.query(
        `UPDATE amana.evidence_file SET state = 'announced', upload_ref = NULL, joined_parts = NULL
         WHERE id = $1 AND state = 'uploading' AND upload_ref = $2`,
        [fileId, uploadRef],
      );
      return (await mustFindUpload(tx, actor, fileId)).state;
    });
  }

  /** No acknowledgement without a lock that the store itself confirms. A longer one, from an earlier attempt, stays. */
  private async lock(key: string, versionId: string): Promise<Date> {
    const until = new Date(Date.now() + this.config.retentionDays * DAY_MS);
    try {
      return await this.store.retain(key, versionId, until);
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'locked')) throw error;
      const held = await this.store.retention(key, versionId);
      if (held === null || held < until) throw error;
      return held;
    }
  }
}

/** @throws Problem 'conflict' naming the first that are missing */
function mustBeAll({ sealedSizeBytes }: UploadRow, parts: readonly StoredPart[]): void {
  const sizes = new Map(parts.map(({ number, sizeBytes }) => [number, sizeBytes]));
  const missing = Array.from({ length: partCount(sealedSizeBytes) }, (_, at) => at + 1).filter(
    (number) => sizes.get(number) !== partSizeBytes(sealedSizeBytes, number),
  );
  if (missing.length === 0) return;
  const some = missing.slice(0, 20).join(', ');
  throw new Problem('conflict', `${missing.length} parts are missing: ${some}${missing.length > 20 ? ' …' : ''}`);
}

function isNotFound(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'not-found';
}
