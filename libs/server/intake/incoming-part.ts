import { Problem } from '#domain/contract';
import { partCount, PART_SIZE_BYTES, partSizeBytes } from '#domain/evidence';
import type { PartBody } from '#server/storage';

/** A part as it arrives, its body unread. */
export interface IncomingPart {
  readonly number: number;
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
  /** Where its sender says that it lies; null when they do not say. */
  readonly place: PartPlace | null;
  readonly body: PartBody;
}

/** Bytes from `start` up to but not including `end`, of an object of `objectSizeBytes` unless that is unknown. */
export interface PartPlace {
  readonly start: number;
  readonly end: number;
  readonly objectSizeBytes: number | null;
}

/**
 * That a part is the one its number demands, before a byte of it is read.
 * @throws Problem 'short-part', 'part-size', 'part-offset'
 */
export function mustFit(sealedSizeBytes: number, { number, sizeBytes, place }: IncomingPart): void {
  const count = partCount(sealedSizeBytes);
  if (number > count) throw new Problem('part-size', `the file has ${count} parts`);
  const start = (number - 1) * PART_SIZE_BYTES;
  const due = partSizeBytes(sealedSizeBytes, number);
  if (place && place.start !== start)
    throw new Problem('part-offset', `part ${number} begins at ${start}, not ${place.start}`);
  const said = place?.objectSizeBytes ?? sealedSizeBytes;
  if (said !== sealedSizeBytes) throw new Problem('part-size', `the file has ${sealedSizeBytes} bytes, not ${said}`);
  if (sizeBytes === due) return;
  throw new Problem(sizeBytes < due ? 'short-part' : 'part-size', `part ${number} has ${due} bytes, not ${sizeBytes}`);
}
