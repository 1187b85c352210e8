import { createHmac, hash } from 'node:crypto';
import type { HmacSha256 } from '#domain/custody';
import type { Sha256 } from '#domain/merkle';

/** Node's own hashes for the domain's functions, which otherwise use their portable ones. */
export const nodeSha256: Sha256 = (bytes) => hash('sha256', bytes, 'buffer');
export const nodeHmac: HmacSha256 = (key, message) => createHmac('sha256', key).update(message).digest();
