import { createHash, randomBytes } from 'node:crypto';
import { ApiError, type ByteRange, ConnectionLost, type HttpResponse } from '#client/api';
import { CHUNK_SIZE_BYTES, FileId, type RetrievalId } from '#domain/evidence';
import type { ManifestFile } from '#domain/manifest';
import {
  ChunkTreeBuilder,
  encodeLeafHashes,
  makeHeader,
  recipientOf,
  sealPayload,
  sealedSizeBytes,
} from '#domain/sealing';
import { testAead, testSha256 } from './node-primitives.js';

/** One stored file, and a server that gives it out, or spoils it. */
export class StoredFile {
  readonly content: Buffer;
  readonly object: Buffer;
  readonly file: ManifestFile;
  readonly header: string;
  leaves: Uint8Array;
  requests = 0;
  sentBytes = 0;
  /** Breaks each answer off after so many bytes. */
  cutAfterBytes = Infinity;
  /** Refuses once so many bytes were sent. */
  refuseAfterBytes = Infinity;

  /** @param identity of whom the file is sealed to */
  constructor(sizeBytes: number, identity: string, changes: Partial<ManifestFile> = {}) {
    this.content = randomBytes(sizeBytes);
    const [fileKey, nonce] = [randomBytes(16), randomBytes(16)];
    const sealer = sealPayload(fileKey, nonce, testAead);
    this.object = Buffer.concat([sealer.update(this.content), sealer.finish()]);
    const tree = new ChunkTreeBuilder(testSha256);
    tree.update(this.object);
    const { root, leafHashes } = tree.finish();
    this.leaves = encodeLeafHashes(leafHashes);
    this.header = Buffer.from(makeHeader(fileKey, [recipientOf(identity)], testAead)).toString('base64');
    this.file = {
      id: FileId.parse('00000000-0000-4000-8000-000000000002'),
      name: 'disk.img',
      mediaType: 'application/octet-stream',
      sizeBytes,
      sha256: sha256(this.content),
      hashes: [],
      sealedSizeBytes: sealedSizeBytes(sizeBytes),
      chunkSizeBytes: CHUNK_SIZE_BYTES,
      chunkTreeRoot: Buffer.from(root).toString('hex'),
      payloadNonceSha256: sha256(nonce),
      ...changes,
    };
  }

  readonly retrievals = {
    leaves: () => Promise.resolve(this.leaves),
    payload: async (_id: RetrievalId, _file: FileId, { startBytes, endBytes }: ByteRange): Promise<HttpResponse> => {
      this.requests += 1;
      if (this.sentBytes >= this.refuseAfterBytes) {
        const problem = {
          code: 'forbidden',
          title: 'This officer may not do this',
          status: 403,
          rule: 'grant-revoked',
        };
        throw new ApiError({ kind: 'problem', problem }, 'the grant was revoked');
      }
      return {
        status: 206,
        header: () => null,
        bytes: () => Promise.reject(new Error('not so')),
        stream: () => this.#stream(startBytes, endBytes),
      };
    },
  };

  async *#stream(startBytes: number, endBytes: number): AsyncGenerator<Uint8Array> {
    let left = this.cutAfterBytes;
    for (let at = startBytes; at < endBytes; at += 65_536) {
      if (left <= 0 || this.sentBytes >= this.refuseAfterBytes) throw new ConnectionLost('cut');
      const piece = this.object.subarray(at, Math.min(at + 65_536, endBytes, at + left));
      left -= piece.length;
      this.sentBytes += piece.length;
      yield await Promise.resolve(piece);
      if (piece.length < 65_536 && at + piece.length < endBytes) throw new ConnectionLost('cut');
    }
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
