import { type Api, inParallel } from '#client/api';
import type { Draft, SealedPart } from '#client/seal';
import type { ManifestFile } from '#domain/manifest';
import { type UploadProgress, sendFile } from './send-file.js';
import { viewsOf } from './upload-views.js';
import { type UploadedExhibit, uploadedExhibit } from './uploaded-exhibit.js';

/** The sealed files of a draft, wherever they lie. */
export interface DraftFiles {
  /**
   * Hands on the parts of a file in order, each checked against the chunk tree that the manifest signs.
   * @throws SealError 'draft-corrupt' naming file and chunk, before the part is handed on
   */
  parts(file: ManifestFile, take: (part: SealedPart) => Promise<void>): Promise<void>;
}

const FILES_AT_A_TIME = 8;

/**
 * Registers and uploads a sealed draft. Every step may be repeated: after an interruption it goes on from what the server has.
 *
 * @returns the exhibit as the server has it once all of it is there
 * @throws ApiError, SealError 'draft-corrupt', UploadError 'server-differs'
 */
export async function uploadDraft(
  { registration, manifest, jws }: Draft,
  files: DraftFiles,
  api: Pick<Api, 'exhibits' | 'uploads'>,
  progress: UploadProgress,
  signal?: AbortSignal,
): Promise<UploadedExhibit> {
  await api.exhibits.register(registration);
  const there = await viewsOf(registration.id, api.uploads);
  await inParallel(manifest.files, FILES_AT_A_TIME, async (file) => {
    const view = there(file);
    if (view.state === 'stored') {
      progress.advance(file.sealedSizeBytes);
      return;
    }
    const parts = (take: (part: SealedPart) => Promise<void>) => files.parts(file, take);
    await sendFile(
      { fileId: file.id, sealedSizeBytes: file.sealedSizeBytes, parts },
      view,
      api.uploads,
      progress,
      signal,
    );
  });
  const manifestAsSigned = { ...jws, signatures: [...jws.signatures] };
  return uploadedExhibit(await api.exhibits.submitManifest(registration.id, manifestAsSigned), jws);
}
