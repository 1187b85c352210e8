import { BagError } from './bag-error.js';

/** Paths longer than this are refused, in UTF-16 units. */
const MAX_PATH_LENGTH = 4096;

const ENCODED: Readonly<Record<string, string>> = { '\r': '%0D', '\n': '%0A', '%': '%25' };
const DECODED: Readonly<Record<string, string>> = { '%0D': '\r', '%0A': '\n', '%25': '%' };

/** A path as a line of a checksum list has it: CR, LF and % percent-encoded, and those only. RFC 8493 §2.1.3. */
export function encodePath(path: string): string {
  return path.replaceAll(/[\r\n%]/g, (character) => ENCODED[character] ?? character);
}

/**
 * Takes back what `encodePath` wrote, in that one spelling, and refuses paths that lead out of the bag or that some system takes for
 * another. RFC 8493 §2.1.3, §5.2. @throws BagError 'bad-path'
 */
export function decodePath(encoded: string): string {
  const path = encoded.replaceAll(/%(?:0D|0A|25)/g, (escape) => DECODED[escape] ?? escape);
  if (encodePath(path) !== encoded)
    throw new BagError(
      'bad-path',
      `${quoted(encoded)}: %0D, %0A and %25 stand for CR, LF and %, and nothing else is encoded`,
    );
  requireSafePath(path);
  return path;
}

/** @throws BagError 'bad-path' unless the path is relative, below the bag, and the same on every system */
export function requireSafePath(path: string): void {
  const fault = faultOf(path);
  if (fault !== null) throw new BagError('bad-path', `${quoted(path)}: ${fault}`);
}

function faultOf(path: string): string | null {
  if (path === '') return 'a path is empty';
  if (path.length > MAX_PATH_LENGTH) return `a path has more than ${MAX_PATH_LENGTH} characters`;
  if (path.startsWith('/') || path.startsWith('~')) return 'a path is not relative to the bag';
  if (path.includes('\\')) return 'a path has a backslash';
  if (/^[A-Za-z]:/.test(path)) return 'a path has the letter of a drive';
  if (/[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]/.test(path)) return 'a path has a control character';
  if (path.split('/').some((name) => name === '' || name === '.' || name === '..'))
    return 'a path leaves the bag or has an empty name';
  return null;
}

/** Order of paths in a list: by their UTF-8 bytes, as `LC_ALL=C sort` has it. */
export function comparePaths(a: string, b: string): number {
  const [left, right] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  const at = left.findIndex((byte, index) => byte !== right[index]);
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
}

/** A path for a person to read, whatever is in it. */
export function quoted(path: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(path)
    ? path
    : JSON.stringify(path.slice(0, 200)).replaceAll(/[^\x20-\x7e]/g, escaped);
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
