import { createReadStream } from 'node:fs';
import type { SourceFile } from '#client/seal';

const READ_BYTES = 1024 * 1024;

/** A file of this machine to be sealed, under the name it will bear. */
export class PathSource implements SourceFile {
  readonly name: string;
  readonly nameBase64?: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Exact bytes: a name need not be UTF-8. */
  readonly path: Buffer;

  constructor({ name, nameBase64, mediaType, sizeBytes, path }: Omit<PathSource, 'read'>) {
    this.name = name;
    if (nameBase64 !== undefined) this.nameBase64 = nameBase64;
    this.mediaType = mediaType;
    this.sizeBytes = sizeBytes;
    this.path = path;
  }

  read(): AsyncIterable<Uint8Array> {
    return createReadStream(this.path, { highWaterMark: READ_BYTES });
  }
}
