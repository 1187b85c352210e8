import { PartReceived, UploadView } from '#domain/contract';
import type { ExhibitId, FileId } from '#domain/evidence';
import type { Caller } from './caller.js';
import { TRANSFER_PATIENCE } from './retry.js';

/** A part as it goes up. */
export interface OutgoingPart {
  readonly fileId: FileId;
  /** From 1. */
  readonly number: number;
  /** Must not change until the promise settles. */
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, standard base64. */
  readonly sha256Base64: string;
}

/** Sealed files going up, part by part. An upload has its file's id. */
export function uploadCalls(caller: Caller) {
  return {
    /** What the store really has of each file. */
    ofExhibit: (exhibitId: ExhibitId) =>
      caller.all(UploadView, { method: 'GET', path: '/v1/uploads', query: { exhibitId, limit: 200 } }),
    show: (fileId: FileId) => caller.json(UploadView, { method: 'GET', path: `/v1/uploads/${fileId}` }),
    putPart: ({ fileId, number, bytes, sha256Base64 }: OutgoingPart, signal?: AbortSignal) =>
      caller.json(PartReceived, {
        method: 'PUT',
        path: `/v1/uploads/${fileId}/parts/${number}`,
        bytes,
        headers: { 'content-digest': `sha-256=:${sha256Base64}:`, 'content-length': String(bytes.length) },
        patience: TRANSFER_PATIENCE,
        signal,
      }),
    /** All parts are there: the file becomes `stored`. Repeatable. @throws ApiError 'precondition-failed' when a part is replaced meanwhile */
    async complete(fileId: FileId): Promise<UploadView> {
      const path = `/v1/uploads/${fileId}`;
      const { etag } = await caller.tagged(UploadView, { method: 'GET', path, patience: TRANSFER_PATIENCE });
      return caller.json(UploadView, {
        method: 'POST',
        path: `${path}/complete`,
        headers: { 'if-match': etag ?? '' },
        patience: TRANSFER_PATIENCE,
      });
    },
  };
}
