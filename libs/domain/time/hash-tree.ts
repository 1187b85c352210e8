import type { Digest } from './algorithms.js';
import { sameBytes } from './der.js';
import { byBytes } from './der-writer.js';
import { TimestampError } from './timestamp-error.js';

type Hashes = readonly Uint8Array[];

/**
 * The root over several hashes, and for each the reduced tree that leads to it; null for one alone, which is its own root. Pairs are joined
 * level by level, a last one without a partner moves up as it is. RFC 4998 §4.2.
 */
export function hashTreeOver(leaves: Hashes, digest: Digest): { root: Uint8Array; reduced: (Hashes[] | null)[] } {
  const paths: Hashes[][] = leaves.map(() => []);
  let level = leaves.map((hash, at) => ({ hash, under: [at] }));
  while (level.length > 1) {
    const above: typeof level = [];
    for (let at = 0; at < level.length; at += 2) {
      const [one, other] = [level[at], level[at + 1]];
      if (!one) break;
      if (!other) {
        above.push(one);
        continue;
      }
      addSibling(paths, one.under, one.hash, other.hash);
      addSibling(paths, other.under, other.hash, one.hash);
      above.push({ hash: join([one.hash, other.hash], digest), under: [...one.under, ...other.under] });
    }
    level = above;
  }
  const [top] = level;
  if (!top) throw new RangeError('a hash tree over nothing');
  return { root: top.hash, reduced: paths.map((path) => (path.length === 0 ? null : path)) };
}

/** The first list holds the leaf itself; those above only what is joined with what came up. */
function addSibling(paths: Hashes[][], under: readonly number[], own: Uint8Array, sibling: Uint8Array): void {
  for (const leaf of under) {
    const path = paths[leaf];
    path?.push(path.length === 0 ? [own, sibling].sort(byBytes) : [sibling]);
  }
}

/**
 * The root that a reduced hash tree leads to from a hash. RFC 4998 §4.3.
 * @throws TimestampError 'broken-chain' when the first list does not hold the hash · 'malformed' when it holds nothing else: what the RFC
 *   means then is read in two ways
 */
export function rootOf(hash: Uint8Array, reduced: readonly Hashes[], digest: Digest): Uint8Array {
  const [first = [], ...lists] = reduced;
  if (!first.some((one) => sameBytes(one, hash))) {
    throw new TimestampError('broken-chain', 'the hash tree of an archive timestamp does not hold what it is to cover');
  }
  if (first.length === 1)
    throw new TimestampError('malformed', 'malformed: a hash tree that begins with one hash alone');
  return lists.reduce<Uint8Array>((below, list) => join([below, ...list], digest), join(first, digest));
}

/** Hashes in the order of their bytes, one after another, hashed. */
function join(hashes: Hashes, { hash }: Digest): Uint8Array {
  const sorted = [...hashes].sort(byBytes);
  const joined = new Uint8Array(sorted.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const one of sorted) {
    joined.set(one, at);
    at += one.length;
  }
  return hash(joined);
}
