import canonicalize from 'canonicalize';
import { ManifestError } from './manifest-error.js';
import { MAX_JSON_DEPTH, hasLoneSurrogate, numberFault } from './strict-json.js';

/**
 * Canonical JSON, RFC 8785: the one sequence of bytes of a value, which is what is hashed and signed. It takes what
 * `parseStrictJson` gives, and members that are `undefined` are left out; bytes, dates, maps and the like are refused
 * rather than turned into something.
 *
 * @throws ManifestError 'not-json', 'json-number', 'json-lone-surrogate', 'json-nul', 'json-forbidden-member', 'json-too-deep'
 */
export function canonicalJson(value: unknown): Uint8Array {
  requireJson(value, 0);
  return new TextEncoder().encode(canonicalize(value));
}

function requireJson(value: unknown, depth: number): void {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') requireText(value);
  else if (typeof value === 'number') requireNumber(value);
  else if (typeof value !== 'object') throw new ManifestError('not-json', `JSON has no ${typeof value}`);
  else if (depth >= MAX_JSON_DEPTH) throw new ManifestError('json-too-deep', `more than ${MAX_JSON_DEPTH} levels`);
  else if (Array.isArray(value)) requireArray(value, depth + 1);
  else requireMembers(value, depth + 1);
}

function requireNumber(value: number): void {
  const fault = numberFault(value);
  if (fault !== null) throw new ManifestError('json-number', fault);
}

/** By index, so that a hole is seen. */
function requireArray(array: readonly unknown[], depth: number): void {
  for (let at = 0; at < array.length; at++) requireJson(array[at], depth);
}

function requireMembers(object: object, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(object);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain || 'toJSON' in object) throw new ManifestError('not-json', 'JSON has plain objects only');
  for (const [name, member] of Object.entries(object)) {
    if (name === '__proto__' || name === 'constructor')
      throw new ManifestError('json-forbidden-member', `a member "${name}"`);
    requireText(name);
    if (member !== undefined) requireJson(member, depth);
  }
}

function requireText(text: string): void {
  if (hasLoneSurrogate(text)) throw new ManifestError('json-lone-surrogate', 'half of a surrogate pair in a text');
  if (text.includes('\0')) throw new ManifestError('json-nul', 'U+0000 in a text');
}
