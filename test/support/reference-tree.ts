import { createHash } from 'node:crypto';

/**
 * RFC 9162 §2.1 word for word, recursive and slow, over a fixed sequence of leaf hashes: what our tree is compared
 * with. It shares no code with it.
 */
export class ReferenceTree {
  readonly #leafHashes: readonly Uint8Array[];
  readonly #ranges = new Map<number, Uint8Array>();

  constructor(leafHashes: readonly Uint8Array[]) {
    this.#leafHashes = leafHashes;
  }

  /** MTH(D[from:to]). */
  root(to: number, from = 0): Uint8Array {
    const key = from * 2 ** 26 + to;
    const known = this.#ranges.get(key);
    if (known !== undefined) return known;
    const root = this.#compute(from, to);
    this.#ranges.set(key, root);
    return root;
  }

  /** PATH(index, D[from:to]), §2.1.3.1. */
  inclusionProof(index: number, to: number, from = 0): Uint8Array[] {
    if (to - from === 1) return [];
    const k = splitOf(to - from);
    return index - from < k
      ? [...this.inclusionProof(index, from + k, from), this.root(to, from + k)]
      : [...this.inclusionProof(index, to, from + k), this.root(from + k, from)];
  }

  /** PROOF(size1, D[0:size2]), §2.1.4.1; 0 < size1 ≤ size2. */
  consistencyProof(size1: number, size2: number): Uint8Array[] {
    return this.#subproof(size1, 0, size2, true);
  }

  #subproof(m: number, from: number, to: number, b: boolean): Uint8Array[] {
    if (m === to - from) return b ? [] : [this.root(to, from)];
    const k = splitOf(to - from);
    return m <= k
      ? [...this.#subproof(m, from, from + k, b), this.root(to, from + k)]
      : [...this.#subproof(m - k, from + k, to, false), this.root(from + k, from)];
  }

  #compute(from: number, to: number): Uint8Array {
    if (to === from) return sha256();
    if (to - from === 1) return this.#leafHashes[from]!;
    const k = splitOf(to - from);
    return sha256(Uint8Array.of(1), this.root(from + k, from), this.root(to, from + k));
  }
}

/** Leaf hashes of the entries "0", "1", … */
export function numberedLeafHashes(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => sha256(Uint8Array.of(0), Buffer.from(String(index))));
}

/** The largest power of two smaller than n. */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function sha256(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest());
}
