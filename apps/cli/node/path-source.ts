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
  readonly modifiedMs: number;

  constructor(fields: Pick<PathSource, 'name' | 'nameBase64' | 'mediaType' | 'sizeBytes' | 'path' | 'modifiedMs'>) {
    this.name = fields.name;
    if (fields.nameBase64 !== undefined) this.nameBase64 = fields.nameBase64;
    this.mediaType = fields.mediaType;
    this.sizeBytes = fields.sizeBytes;
    this.path = fields.path;
    this.modifiedMs = fields.modifiedMs;
  }

  read(): AsyncIterable<Uint8Array> {
    return createReadStream(this.path, { highWaterMark: READ_BYTES });
  }
}
