import { PART_SIZE_BYTES } from '#domain/evidence';
import type { PayloadSealer } from '#domain/sealing';
import { SealError } from './seal-error.js';

/** Plaintext sealed at a time. Small enough to stay in a core's cache between hash and cipher. */
const STEP_BYTES = 256 * 1024;

/** Memory for a part under way: a part, and what the last step puts past its end. */
export const PART_ROOM_BYTES = PART_SIZE_BYTES + 2 * STEP_BYTES;

export interface FilledPart {
  /** From 1. */
  readonly number: number;
  /** The start of the memory that was allocated for it. */
  readonly bytes: Uint8Array;
}

export interface PartsPlan {
  readonly plainSizeBytes: number;
  readonly sealedSizeBytes: number;
}

/**
 * Seals a plaintext into upload parts, each of 16 MiB but the last.
 *
 * @param observe sees each piece of plaintext before it is sealed: hashes
 * @param allocate memory of at least this size, at most `PART_ROOM_BYTES`; two at a time are held
 * @throws SealError 'source-changed' when the plaintext has not the size planned
 */
export async function* sealParts(
  plaintext: AsyncIterable<Uint8Array>,
  plan: PartsPlan,
  sealer: PayloadSealer,
  observe: (plaintext: Uint8Array) => void,
  allocate: (sizeBytes: number) => Promise<Uint8Array>,
): AsyncGenerator<FilledPart> {
  const room = (number: number) =>
    allocate(Math.min(PART_ROOM_BYTES, plan.sealedSizeBytes - (number - 1) * PART_SIZE_BYTES));
  let number = 1;
  let part = await room(number);
  let filledBytes = 0;
  let readBytes = 0;

  /** What runs over the part's end begins the next. The final chunk is always still to come, so there is a next. */
  const turn = async (): Promise<FilledPart> => {
    const full = { number, bytes: part.subarray(0, PART_SIZE_BYTES) };
    const next = await room(number + 1);
    next.set(part.subarray(PART_SIZE_BYTES, filledBytes));
    part = next;
    filledBytes -= PART_SIZE_BYTES;
    number += 1;
    return full;
  };

  for await (const piece of plaintext) {
    readBytes += piece.length;
    if (readBytes > plan.plainSizeBytes) throw changed(plan, 'more');
    for (let at = 0; at < piece.length; at += STEP_BYTES) {
      const step = piece.subarray(at, at + STEP_BYTES);
      observe(step);
      filledBytes += sealer.update(step, part.subarray(filledBytes)).length;
      if (filledBytes >= PART_SIZE_BYTES) yield await turn();
    }
  }
  if (readBytes !== plan.plainSizeBytes) throw changed(plan, 'fewer');
  const rest = sealer.finish();
  const fits = Math.min(rest.length, PART_SIZE_BYTES - filledBytes);
  part.set(rest.subarray(0, fits), filledBytes);
  filledBytes += fits;
  if (fits < rest.length) {
    yield await turn();
    part.set(rest.subarray(fits));
    filledBytes = rest.length - fits;
  }
  yield { number, bytes: part.subarray(0, filledBytes) };
}

function changed({ plainSizeBytes }: PartsPlan, than: 'more' | 'fewer'): SealError {
  return new SealError('source-changed', `it has ${than} than the ${plainSizeBytes} bytes it was announced with`);
}
