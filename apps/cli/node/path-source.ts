import { createReadStream } from 'node:fs';
import type { SourceFile } from '#client/seal';
import { type FileIdentity, openSource } from './open-source.js';

const READ_BYTES = 1024 * 1024;

/** A file of this machine to be sealed, under the name it will bear. */
export class PathSource implements SourceFile {
  readonly name: string;
  readonly nameBase64?: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Exact bytes: a name need not be UTF-8. */
  readonly path: Buffer;
  /** Of the file that was found there: no other is read. */
  readonly identity: FileIdentity;

  constructor({ name, nameBase64, mediaType, sizeBytes, path, identity }: Omit<PathSource, 'read'>) {
    this.name = name;
    if (nameBase64 !== undefined) this.nameBase64 = nameBase64;
    this.mediaType = mediaType;
    this.sizeBytes = sizeBytes;
    this.path = path;
    this.identity = identity;
  }

  /** @throws SealError 'source-changed' when the path leads to another file now */
  async *read(): AsyncGenerator<Uint8Array> {
    const fd = openSource(this.path, this.identity);
    yield* createReadStream(this.path, { fd, highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
  }
}
