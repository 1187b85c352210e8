import { z } from 'zod';
import { type BeginRetrieval, RetrievalView } from '#domain/contract';
import type { ExhibitId, FileId, RetrievalId } from '#domain/evidence';
import { ApiError } from './api-error.js';
import type { Caller } from './caller.js';
import type { HttpResponse } from './http.js';
import { TRANSFER_PATIENCE } from './retry.js';

/** A run of a stored object: `endBytes` is not part of it. */
export interface ByteRange {
  readonly startBytes: number;
  readonly endBytes: number;
}

const PARTIAL_CONTENT = 206;

/** Retrieval: the purpose first, then bytes, then a receipt. */
export function retrievalCalls(caller: Caller) {
  const file = (id: RetrievalId, fileId: FileId) => `/v1/retrievals/${id}/files/${fileId}`;
  return {
    /** Answers only once the authorisation is on the record. @throws ApiError 'forbidden' naming the rule */
    begin: (exhibitId: ExhibitId, json: z.input<typeof BeginRetrieval>) =>
      caller.json(RetrievalView, { method: 'POST', path: `/v1/exhibits/${exhibitId}/retrievals`, json }),
    /** A range of the stored object; its body may be cut off by a revocation. */
    async payload(
      id: RetrievalId,
      fileId: FileId,
      { startBytes, endBytes }: ByteRange,
      signal?: AbortSignal,
    ): Promise<HttpResponse> {
      const response = await caller.open({
        method: 'GET',
        path: `${file(id, fileId)}/payload`,
        headers: { range: `bytes=${startBytes}-${endBytes - 1}` },
        accept: 'application/octet-stream',
        patience: TRANSFER_PATIENCE,
        signal,
      });
      if (response.status === PARTIAL_CONTENT) return response;
      const message = `the answer to a range of the file ${fileId} is not one: status ${response.status}`;
      throw new ApiError({ kind: 'bad-answer' }, message);
    },
    /** Leaf hashes of the object's chunk tree, 32 bytes each; to be checked against the signed root. */
    leaves: (id: RetrievalId, fileId: FileId) =>
      caller.bytes({
        method: 'GET',
        path: `${file(id, fileId)}/leaves`,
        accept: 'application/octet-stream',
        patience: TRANSFER_PATIENCE,
      }),
    submitReceipt: (id: RetrievalId, receipt: unknown) =>
      caller.json(z.unknown(), {
        method: 'POST',
        path: `/v1/retrievals/${id}/receipt`,
        json: { receipt },
        patience: TRANSFER_PATIENCE,
      }),
  };
}
