import type { ExhibitId, FileId } from '#domain/evidence';

/** Where the bytes of a file of an exhibit lie: ids, never names. */
export function evidenceKey({ exhibitId, fileId }: { exhibitId: ExhibitId; fileId: FileId }): string {
  return `evidence/${exhibitId}/${fileId}`;
}

/** Where the hashes of its chunks lie, beside it. */
export function leavesKey(file: { exhibitId: ExhibitId; fileId: FileId }): string {
  return `${evidenceKey(file)}.leaves`;
}
