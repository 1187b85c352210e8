import { base64 } from '@scure/base';
import { equalBytes } from './equal-bytes.js';
import { hasLoneSurrogate } from './strict-json.js';

const UTF8 = new TextEncoder();
/** With U+FFFD for what is not UTF-8. */
const SHOWN = new TextDecoder('utf-8', { ignoreBOM: true });
/** No UTF-16 code unit becomes more bytes of UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/** Longest path of a file within an exhibit, in bytes: Linux's PATH_MAX. */
export const MAX_FILE_NAME_BYTES = 4096;

/** A file's name, relative to what was sealed: its exact bytes when those are UTF-8, else as shown and as they are. */
export interface FileName {
  readonly name: string;
  readonly nameBase64?: string;
}

/** The name to write down for the exact bytes of a path. */
export function fileNameOf(bytes: Uint8Array): FileName {
  const name = SHOWN.decode(bytes);
  return equalBytes(UTF8.encode(name), bytes) ? { name } : { name, nameBase64: base64.encode(bytes) };
}

/** The exact bytes of a name. */
export function fileNameBytes({ name, nameBase64 }: FileName): Uint8Array {
  return nameBase64 === undefined ? UTF8.encode(name) : base64.decode(nameBase64);
}

/** The same for two names whose exact bytes are the same, and only for them. Of names that `fileNameFault` finds nothing wrong with. */
export function fileNameKey({ name, nameBase64 }: FileName): string {
  return nameBase64 === undefined ? `/${name}` : `=${nameBase64}`;
}

/**
 * Why a name is none, or null. Names are data: `../`, drive letters, controls, marks of direction and the like are what a
 * source may hold, and it is for who writes files to write them where they can do no harm.
 */
export function fileNameFault(fileName: FileName): string | null {
  if (hasLoneSurrogate(fileName.name)) return 'has half of a surrogate pair';
  if (fileName.nameBase64 === undefined) return textFault(fileName.name);
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

/** The same for a name that is UTF-8, which every text without half a surrogate pair is. */
function textFault(name: string): string | null {
  if (name === '') return 'is empty';
  const mayBeLong = name.length * MAX_BYTES_PER_UNIT > MAX_FILE_NAME_BYTES;
  if (mayBeLong && UTF8.encode(name).length > MAX_FILE_NAME_BYTES) return `has more than ${MAX_FILE_NAME_BYTES} bytes`;
  return name.includes('\0') ? 'has a NUL byte' : null;
}
