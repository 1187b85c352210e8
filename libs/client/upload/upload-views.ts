import type { Api } from '#client/api';
import type { UploadView } from '#domain/contract';
import { type ExhibitId, type FileId, PART_SIZE_BYTES } from '#domain/evidence';

interface Sized {
  readonly id: FileId;
  readonly sealedSizeBytes: number;
}

/** What the server has of each of an exhibit's files; of one it does not list, nothing. */
export async function viewsOf(
  exhibitId: ExhibitId,
  uploads: Pick<Api['uploads'], 'ofExhibit'>,
): Promise<(file: Sized) => UploadView> {
  const views = new Map<FileId, UploadView>();
  for await (const view of uploads.ofExhibit(exhibitId)) views.set(view.fileId, view);
  return ({ id, sealedSizeBytes }) =>
    views.get(id) ?? {
      fileId: id,
      exhibitId,
      state: 'announced',
      partSizeBytes: PART_SIZE_BYTES,
      sealedSizeBytes,
      received: [],
    };
}
