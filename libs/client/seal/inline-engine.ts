import type { Aead, ChunkHasher } from '#domain/sealing';
import { sealPayload, sealedSizeBytes } from '#domain/sealing';
import { digestPart } from './part-digest.js';
import { PartsInFlight } from './parts-in-flight.js';
import { type FurtherHashers, PlainHashes } from './plain-hashes.js';
import { sealParts } from './seal-parts.js';
import type { SealedContent, SealedPart, SealingEngine, SealingJob } from './sealing-engine.js';

/** The primitives of a place: native where there are any. */
export interface SealingPrimitives {
  readonly aead: Aead;
  readonly sha256: ChunkHasher;
  readonly further: FurtherHashers;
}

const PARTS_IN_FLIGHT = 4;

/** Seals in the thread that calls. For small files, for browsers without workers, and the measure of any faster engine. */
export class InlineEngine implements SealingEngine {
  readonly #primitives: SealingPrimitives;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(primitives: SealingPrimitives) {
    this.#primitives = primitives;
  }

  async seal(job: SealingJob, take: (part: SealedPart) => Promise<void>): Promise<SealedContent> {
    const parts = new PartsInFlight(take, PARTS_IN_FLIGHT);
    const reading = this.#turn.then(() => this.#read(job, parts));
    this.#turn = reading.catch(() => undefined);
    try {
      return await reading;
    } finally {
      await parts.settled();
    }
  }

  async #read(
    { source, fileKey, payloadNonce, furtherHashes }: SealingJob,
    parts: PartsInFlight<SealedPart>,
  ): Promise<SealedContent> {
    const { aead, sha256, further } = this.#primitives;
    const plan = { plainSizeBytes: source.sizeBytes, sealedSizeBytes: sealedSizeBytes(source.sizeBytes) };
    const hashes = new PlainHashes(sha256, further, furtherHashes);
    const sealer = sealPayload(fileKey, payloadNonce, aead);
    const leafHashes: Uint8Array[] = [];
    const allocate = (sizeBytes: number) => Promise.resolve(new Uint8Array(sizeBytes));
    for await (const part of sealParts(source.read(), plan, sealer, (bytes) => hashes.update(bytes), allocate)) {
      const digest = digestPart(part.bytes, sha256);
      leafHashes.push(...digest.leafHashes);
      await parts.hand({ ...part, ...digest });
    }
    return { sizeBytes: plan.plainSizeBytes, sealedSizeBytes: plan.sealedSizeBytes, leafHashes, ...hashes.digests() };
  }
}
