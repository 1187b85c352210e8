import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { type ByteRange, evidenceKey, EvidenceStore, leavesKey, StoreError } from '#server/storage';
import type { OpenFile } from './open-file.js';

/** The bytes of opened files, always of the version that was acknowledged. */
@Injectable()
export class ReadEvidence {
  constructor(private readonly store: EvidenceStore) {}

  /** The stored object, or a range of it. @throws StoreError 'not-found' when somebody took it away, 'unreachable' */
  payload(file: OpenFile, range: ByteRange = {}): Promise<Readable> {
    return this.store.read(evidenceKey(file), file.versionId, range);
  }

  /** Leaf hashes of the chunk tree, 32 bytes each, as the recheck left them beside the object. */
  leaves(file: OpenFile): Promise<Uint8Array> {
    if (file.leavesVersionId === null) throw new StoreError('not-found', `no chunk hashes of ${evidenceKey(file)}`);
    return this.store.getObject(leavesKey(file), file.leavesVersionId);
  }

  /** The age header for the agency, then the stored object, or a range of both together. */
  async age(
    file: OpenFile,
    { start = 0, end = file.header.length + file.sealedSizeBytes }: ByteRange = {},
  ): Promise<Readable> {
    const { header } = file;
    const ofHeader = header.subarray(start, end);
    if (end <= header.length) return Readable.from([ofHeader], { objectMode: false });
    const payload = await this.payload(file, { start: Math.max(0, start - header.length), end: end - header.length });
    return Readable.from(joined(ofHeader, payload), { objectMode: false, highWaterMark: 512 * 1024 });
  }
}

async function* joined(header: Uint8Array, payload: Readable): AsyncGenerator<Uint8Array> {
  if (header.length > 0) yield header;
  yield* payload as AsyncIterable<Uint8Array>;
}
