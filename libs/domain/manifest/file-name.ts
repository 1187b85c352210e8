import { base64 } from '@scure/base';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { equalBytes } from './equal-bytes.js';
import { hasLoneSurrogate } from './strict-json.js';

/** Longest path of a file within an exhibit, in bytes: Linux's PATH_MAX. */
export const MAX_FILE_NAME_BYTES = 4096;

/** A file's name, relative to what was sealed: its exact bytes when those are UTF-8, else as shown and as they are. */
export interface FileName {
  readonly name: string;
  readonly nameBase64?: string;
}

/** The name to write down for the exact bytes of a path. */
export function fileNameOf(bytes: Uint8Array): FileName {
  const name = shown(bytes);
  return equalBytes(utf8ToBytes(name), bytes) ? { name } : { name, nameBase64: base64.encode(bytes) };
}

/** The exact bytes of a name. */
export function fileNameBytes({ name, nameBase64 }: FileName): Uint8Array {
  return nameBase64 === undefined ? utf8ToBytes(name) : base64.decode(nameBase64);
}

/**
 * Why a name is none, or null. Names are data: `../`, drive letters, controls, marks of direction and the like are what a
 * source may hold, and it is for who writes files to write them where they can do no harm.
 */
export function fileNameFault(fileName: FileName): string | null {
  if (hasLoneSurrogate(fileName.name)) return 'has half of a surrogate pair';
  let bytes: Uint8Array;
  try {
    bytes = fileNameBytes(fileName);
  } catch {
    return 'has exact bytes that are not base64';
  }
  if (bytes.length === 0) return 'is empty';
  if (bytes.length > MAX_FILE_NAME_BYTES) return `has more than ${MAX_FILE_NAME_BYTES} bytes`;
  if (bytes.includes(0)) return 'has a NUL byte';
  const { name, nameBase64 } = fileNameOf(bytes);
  if (name !== fileName.name) return 'is not how its exact bytes are shown';
  if (nameBase64 !== fileName.nameBase64) return 'is UTF-8, and so has no need of exact bytes beside it';
  return null;
}

/** UTF-8 with U+FFFD for what is not. */
function shown(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
