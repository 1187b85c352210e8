import type { ActingOfficer } from '#domain/authority';
import { Problem } from '#domain/contract';
import { type CaseId, type ExhibitId, type ExhibitState, type FileId, PART_SIZE_BYTES } from '#domain/evidence';
import type { Transaction } from '#server/database';
import { evidenceKey, type StoredPart, type Upload } from '#server/storage';

/** A file as far as its upload is concerned. */
export interface UploadRow {
  readonly fileId: FileId;
  readonly exhibitId: ExhibitId;
  readonly caseId: CaseId;
  readonly sealedSizeBytes: number;
  readonly state: 'announced' | 'uploading' | 'stored';
  readonly uploadRef: string | null;
  /** What the store was told to join, if it was. */
  readonly joinedParts: readonly StoredPart[] | null;
  readonly versionId: string | null;
  readonly exhibitState: ExhibitState;
}

const SELECT = `SELECT f.id AS "fileId", f.exhibit_id AS "exhibitId", e.case_id AS "caseId", f.sealed_size_bytes::float8 AS "sealedSizeBytes",
    f.state, f.upload_ref AS "uploadRef", f.joined_parts AS "joinedParts", f.version_id AS "versionId", e.state AS "exhibitState", f.position
  FROM amana.evidence_file f JOIN amana.exhibit e ON e.id = f.exhibit_id`;

/**
 * The row of a file of the own agency.
 * @throws Problem 'not-found', the same for a file of others as for none
 */
export async function mustFindUpload(tx: Transaction, actor: ActingOfficer, fileId: FileId): Promise<UploadRow> {
  const [row] = await tx.query<UploadRow[]>(`${SELECT} WHERE f.id = $1 AND f.agency_id = $2`, [fileId, actor.agencyId]);
  if (!row) throw new Problem('not-found');
  return row;
}

/** The same, locked until the transaction ends. */
export async function lockUpload(tx: Transaction, actor: ActingOfficer, fileId: FileId): Promise<UploadRow> {
  await tx.query(`SELECT FROM amana.evidence_file WHERE id = $1 AND agency_id = $2 FOR UPDATE`, [
    fileId,
    actor.agencyId,
  ]);
  return mustFindUpload(tx, actor, fileId);
}

/** Files of an exhibit of the own agency, in their order, after a position. */
export function uploadsAfter(
  tx: Transaction,
  actor: ActingOfficer,
  exhibitId: ExhibitId,
  after: number,
  limit: number,
): Promise<(UploadRow & { position: number })[]> {
  return tx.query(
    `${SELECT} WHERE f.exhibit_id = $1 AND f.agency_id = $2 AND f.position > $3 ORDER BY f.position LIMIT $4`,
    [exhibitId, actor.agencyId, after, limit],
  );
}

/** The upload as the store knows it. */
export function uploadOf(row: UploadRow, uploadId: string): Upload {
  return {
    key: evidenceKey(row),
    uploadId,
    sealedSizeBytes: row.sealedSizeBytes,
    partSizeBytes: PART_SIZE_BYTES,
  };
}

/** @throws Problem 'conflict' when the exhibit is past the state that takes bytes */
export function mustTakeParts({ exhibitState }: UploadRow): void {
  if (exhibitState !== 'registered' && exhibitState !== 'uploading')
    throw new Problem('conflict', `an exhibit that is ${exhibitState} takes no bytes`);
}
