import type { Aead, ChunkHasher } from '#domain/sealing';
import type { Opening, OpeningEngine, OpeningJob } from './opening-engine.js';
import { SCRATCH_SIZE_BYTES, WindowOpener } from './window-opener.js';

/** Opens files in the thread that calls. */
export class InlineOpeningEngine implements OpeningEngine {
  readonly #aead: Aead;
  readonly #hasher: ChunkHasher;

  constructor(aead: Aead, hasher: ChunkHasher) {
    this.#aead = aead;
    this.#hasher = hasher;
  }

  async begin({ file, keys, start, target }: OpeningJob): Promise<Opening> {
    const opener = new WindowOpener(file, keys, start, this.#aead, this.#hasher);
    const hash = this.#hasher.create();
    for await (const piece of target.read(start.plainBytes)) hash.update(piece);
    const appender = await target.continueAt(start.plainBytes);
    const scratch = new Uint8Array(SCRATCH_SIZE_BYTES);
    return {
      room: (sizeBytes) => new Uint8Array(sizeBytes),
      async open(window) {
        const pieces: Uint8Array[] = [];
        opener.open(window, (plaintext) => pieces.push(new Uint8Array(plaintext)), scratch);
        for (const piece of pieces) {
          hash.update(piece);
          await appender.append(piece);
        }
      },
      async finish() {
        await appender.close();
        return new Uint8Array(hash.digest());
      },
      abandon: () => appender.close(),
    };
  }
}
