import { ProofError } from './proof-error.js';
import { TILE_WIDTH } from './tile-path.js';

const MAX_ENTRY_BYTES = 0xffff;

/**
 * Entries, each behind its length as a big-endian uint16. C2SP tlog-tiles v0.1.0.
 * @throws ProofError 'bad-entry-bundle'
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  requireWidth(entries.length);
  const bundle = new Uint8Array(entries.reduce((total, entry) => total + 2 + entry.length, 0));
  const view = new DataView(bundle.buffer);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) {
      throw new ProofError('bad-entry-bundle', `an entry of ${entry.length} bytes: ${MAX_ENTRY_BYTES} at most`);
    }
    view.setUint16(at, entry.length);
    bundle.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bundle;
}

/** Exactly `width` entries and not a byte more. They are views into `bundle`. @throws ProofError 'bad-entry-bundle' */
export function decodeEntryBundle(bundle: Uint8Array, width: number): Uint8Array[] {
  requireWidth(width);
  if (bundle.length > width * (2 + MAX_ENTRY_BYTES)) {
    throw new ProofError('bad-entry-bundle', `${bundle.length} bytes are more than ${width} entries can have`);
  }
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  for (let count = 0; count < width; count++) {
    if (at + 2 > bundle.length) throw cutShort(count);
    const end = at + 2 + view.getUint16(at);
    if (end > bundle.length) throw cutShort(count);
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  if (at !== bundle.length) throw new ProofError('bad-entry-bundle', `bytes after the last of ${width} entries`);
  return entries;
}

function requireWidth(width: number): void {
  if (!Number.isSafeInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new ProofError('bad-entry-bundle', `a bundle has 1 to ${TILE_WIDTH} entries, not ${width}`);
  }
}

const cutShort = (count: number) => new ProofError('bad-entry-bundle', `the bundle is cut short in entry ${count}`);
