import { createHash } from 'node:crypto';
import { type Hashers, inlineHasher, type PackageHasher } from '#domain/package';
import { nodeSha256 } from './chunk-hasher.js';

/** OpenSSL's hashes. */
export const packageHashers: Hashers = { sha256: nodeSha256, sha512: { create: () => createHash('sha512') } };

/** Hashes packages in the main thread. */
export const packageHasher: PackageHasher = inlineHasher(packageHashers);
