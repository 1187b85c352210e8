import { CHUNK_SIZE_BYTES } from '#domain/evidence';
import type { ChunkHasher } from '#domain/sealing';

const LEAF_PREFIX = new Uint8Array([0]);

export interface PartDigest {
  /** SHA-256 of the part, 32 bytes: what the transport is checked by. */
  readonly sha256: Uint8Array;
  /** RFC 6962 leaf hashes of its 1 MiB chunks: what the object is checked by, for good. */
  readonly leafHashes: readonly Uint8Array[];
}

/** Both digests of a part in one pass, chunk by chunk, so that the bytes come from memory once. A part begins with a chunk. */
export function digestPart(part: Uint8Array, hasher: ChunkHasher): PartDigest {
  const whole = hasher.create();
  const leafHashes: Uint8Array[] = [];
  for (let at = 0; at < part.length; at += CHUNK_SIZE_BYTES) {
    const chunk = part.subarray(at, at + CHUNK_SIZE_BYTES);
    const leaf = hasher.create();
    leaf.update(LEAF_PREFIX);
    leaf.update(chunk);
    leafHashes.push(new Uint8Array(leaf.digest()));
    whole.update(chunk);
  }
  return { sha256: new Uint8Array(whole.digest()), leafHashes };
}
