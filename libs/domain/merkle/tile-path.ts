import { ProofError } from './proof-error.js';
import { parseDecimal } from './tree-shape.js';

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;
/** Levels of the tree that one tile spans: 2^8 = 256. */
export const TILE_HEIGHT = 8;
const MAX_LEVEL = 63;

/**
 * Hashes `index · 256 … index · 256 + width − 1` of the tree's nodes of height 8 · `level`. `width` is 1–256; below 256
 * the tile is partial.
 */
export interface TileRef {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** The entries whose leaf hashes are the level 0 tile of the same index and width. */
export interface EntryBundleRef {
  readonly index: number;
  readonly width: number;
}

export type LogResource = ({ readonly kind: 'tile' } & TileRef) | ({ readonly kind: 'entries' } & EntryBundleRef);

/** `tile/<L>/<N>[.p/<W>]`, without a leading slash. C2SP tlog-tiles v0.1.0. @throws ProofError 'bad-tile-path' */
export function tilePath({ level, index, width }: TileRef): string {
  if (!Number.isSafeInteger(level) || level < 0 || level > MAX_LEVEL) throw badPath(`no tile level ${level}`);
  return `tile/${level}/${indexAndWidth(index, width)}`;
}

/** `tile/entries/<N>[.p/<W>]`, without a leading slash. C2SP tlog-tiles v0.1.0. @throws ProofError 'bad-tile-path' */
export function entryBundlePath({ index, width }: EntryBundleRef): string {
  return `tile/entries/${indexAndWidth(index, width)}`;
}

/**
 * Reads either path strictly: only what the two functions above write is accepted.
 * @throws ProofError 'bad-tile-path'
 */
export function parseTilePath(path: string): LogResource {
  const groups = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path);
  if (groups === null) throw badPath('not a tile path');
  const [, where = '', digits = '', partialWidth] = groups;
  const index = Number(digits.replaceAll(/[x/]/g, ''));
  const width = partialWidth === undefined ? TILE_WIDTH : (parseDecimal(partialWidth) ?? 0);
  const resource: LogResource =
    where === 'entries' ? { kind: 'entries', index, width } : { kind: 'tile', level: Number(where), index, width };
  const canonical = resource.kind === 'tile' ? tilePath(resource) : entryBundlePath(resource);
  if (canonical !== path) throw badPath('not the canonical form of a tile path');
  return resource;
}

/** Three digits a path element, an x before all but the last: 1234067 is `x001/x234/067`. */
function indexAndWidth(index: number, width: number): string {
  if (!Number.isSafeInteger(index) || index < 0) throw badPath(`no tile index ${index}`);
  if (!Number.isSafeInteger(width) || width < 1 || width > TILE_WIDTH) throw badPath(`no tile width ${width}`);
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const elements = padded.replaceAll(/[0-9]{3}(?=[0-9])/g, 'x$&/');
  return width === TILE_WIDTH ? elements : `${elements}.p/${width}`;
}

const badPath = (message: string) => new ProofError('bad-tile-path', message);
