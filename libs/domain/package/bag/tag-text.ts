import { BagError } from './bag-error.js';

/** Strict UTF-8; a byte order mark stays and so fails what comes next. @throws BagError 'not-utf8' */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new BagError('not-utf8', `${name} is not UTF-8`);
  }
}
