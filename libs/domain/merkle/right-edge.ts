import { ProofError } from './proof-error.js';
import { defaultSha256, foldEdge, nodeHash, requireHash, type Sha256 } from './tree-hash.js';
import { bitCount, half, isOdd, requireSize } from './tree-shape.js';

/** Called for every perfect subtree that an append completes, the leaf itself (height 0) first. */
export type SubtreeCompleted = (height: number, hash: Uint8Array) => void;

/**
 * All that a growing tree must remember: the roots of the perfect subtrees of its right edge, one for each bit set in
 * its size. An append costs one hash on average and at most one for each bit of the size.
 */
export class RightEdge {
  #size: number;
  readonly #hashes: Uint8Array[];
  readonly #sha256: Sha256;

  /**
   * From what `size` and `hashes` once gave, or empty.
   * @throws ProofError 'bad-size' | 'bad-hash' when they cannot belong together
   */
  constructor(size = 0, hashes: readonly Uint8Array[] = [], sha256: Sha256 = defaultSha256) {
    requireSize(size);
    hashes.forEach(requireHash);
    if (hashes.length !== bitCount(size)) {
      throw new ProofError(
        'bad-size',
        `a tree of ${size} has ${bitCount(size)} hashes on its right edge, not ${hashes.length}`,
      );
    }
    this.#size = size;
    this.#hashes = [...hashes];
    this.#sha256 = sha256;
  }

  get size(): number {
    return this.#size;
  }

  /** The state to store: 32-byte hashes, largest subtree first. */
  get hashes(): readonly Uint8Array[] {
    return [...this.#hashes];
  }

  clone(): RightEdge {
    return new RightEdge(this.#size, this.#hashes, this.#sha256);
  }

  /** @throws ProofError 'bad-hash' */
  append(leafHash: Uint8Array, completed?: SubtreeCompleted): void {
    requireHash(leafHash);
    requireSize(this.#size + 1);
    let hash = leafHash;
    completed?.(0, hash);
    for (let bits = this.#size, height = 1; isOdd(bits); bits = half(bits), height++) {
      hash = nodeHash(this.#hashes.pop() as Uint8Array, hash, this.#sha256);
      completed?.(height, hash);
    }
    this.#hashes.push(hash);
    this.#size++;
  }

  root(): Uint8Array {
    return foldEdge(this.#hashes, this.#sha256);
  }
}
