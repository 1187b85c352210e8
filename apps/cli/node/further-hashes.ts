import { createHash } from 'node:crypto';
import type { FurtherHashers } from '#client/seal';

/** OpenSSL's, for comparison with what acquisition tools print; none of them is relied on. */
export const nodeFurtherHashes: FurtherHashers = {
  md5: { create: () => createHash('md5') },
  sha1: { create: () => createHash('sha1') },
  sha512: { create: () => createHash('sha512') },
};
