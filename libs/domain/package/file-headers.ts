import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { FileId } from '#domain/evidence';
import { canonicalJson } from '#domain/manifest';

/** The age header under which a file leaves. */
export interface FileHeader {
  readonly fileId: FileId;
  /** Of the header's bytes, hexadecimal. */
  readonly headerSha256: string;
}

/**
 * One digest, hexadecimal, for the age headers that an exhibit's files leave under, whatever order they come in. The event of an export
 * has it as `detail.headersSha256`: no header can be verified without the key it wraps, but one that was swapped in a package shows.
 */
export function fileHeadersSha256(headers: Iterable<FileHeader>): string {
  const sorted = [...headers]
    .map(({ fileId, headerSha256 }) => ({ fileId, headerSha256 }))
    .sort((a, b) => (a.fileId < b.fileId ? -1 : 1));
  return bytesToHex(sha256(canonicalJson(sorted)));
}
