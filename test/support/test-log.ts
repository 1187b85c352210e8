import { createHash } from 'node:crypto';
import {
  formatCheckpoint,
  formatVerifierKey,
  signingKey,
  signNote,
  type SignatureType,
  type SigningKey,
} from '#domain/merkle';
import { ReferenceTree } from './reference-tree.js';

/** A log of a fixed number of leaves that signs whatever head it is asked for; its proofs are those of the reference tree. */
export class TestLog {
  readonly key: SigningKey;
  readonly #leaves: readonly Uint8Array[];
  readonly #tree: ReferenceTree;

  constructor(name: string, leaves: readonly Uint8Array[] = leavesOf(name, 64), key = keyNamed(name)) {
    this.key = key;
    this.#leaves = leaves;
    this.#tree = new ReferenceTree(leaves);
  }

  get origin(): string {
    return this.key.verifier.name;
  }

  get verifierKey(): string {
    return formatVerifierKey(this.key.verifier);
  }

  /** Another history of the same log under the same key: alike up to `size`, and different from there. */
  forkAt(size: number, label = 'fork'): TestLog {
    const others = leavesOf(`${this.origin} ${label}`, this.#leaves.length);
    return new TestLog(this.origin, [...this.#leaves.slice(0, size), ...others.slice(size)], this.key);
  }

  root(size: number): Uint8Array {
    return this.#tree.root(size);
  }

  text(size: number): string {
    return formatCheckpoint({ origin: this.origin, size, root: this.root(size) });
  }

  checkpoint(size: number): Uint8Array {
    return signNote(this.text(size), [this.key]);
  }

  proof(from: number, to: number): Uint8Array[] {
    return from === 0 || from >= to ? [] : this.#tree.consistencyProof(from, to);
  }

  /** The body of `add-checkpoint` as an honest log sends it. */
  request(from: number, to: number): Uint8Array {
    return addCheckpointBody(from, this.proof(from, to), this.checkpoint(to));
  }
}

/** The body of `POST /add-checkpoint`, whatever is in it. */
export function addCheckpointBody(
  old: number | string,
  proof: readonly (Uint8Array | string)[],
  note: Uint8Array,
): Uint8Array {
  const lines = proof.map((hash) => `${typeof hash === 'string' ? hash : Buffer.from(hash).toString('base64')}\n`);
  return new Uint8Array(Buffer.concat([Buffer.from(`old ${old}\n${lines.join('')}\n`), note]));
}

export function keyNamed(name: string, type: SignatureType = 'ed25519'): SigningKey {
  return signingKey(name, type, digest(`seed of ${name}`));
}

function leavesOf(label: string, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => digest(`${label} ${index}`));
}

function digest(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}
