import type { ChunkHasher } from '#domain/sealing';
import type { FurtherHash, SealedContent } from './sealing-engine.js';

export type FurtherHashers = Readonly<Record<FurtherHash, ChunkHasher>>;
type Running = ReturnType<ChunkHasher['create']>;

/** SHA-256 of a plaintext, and what else was asked for, in one pass. */
export class PlainHashes {
  readonly #sha256: Running;
  readonly #further: readonly (readonly [FurtherHash, Running])[];

  constructor(sha256: ChunkHasher, further: FurtherHashers, wanted: readonly FurtherHash[]) {
    this.#sha256 = sha256.create();
    this.#further = wanted.map((name) => [name, further[name].create()]);
  }

  update(plaintext: Uint8Array): void {
    this.#sha256.update(plaintext);
    for (const [, hash] of this.#further) hash.update(plaintext);
  }

  digests(): Pick<SealedContent, 'sha256' | 'furtherHashes'> {
    return {
      sha256: new Uint8Array(this.#sha256.digest()),
      furtherHashes: Object.fromEntries(this.#further.map(([name, hash]) => [name, new Uint8Array(hash.digest())])),
    };
  }
}
