import { createHash } from 'node:crypto';
import type { ChunkHasher } from '#domain/sealing';

/** OpenSSL's SHA-256. */
export const nodeSha256: ChunkHasher = { create: () => createHash('sha256') };
