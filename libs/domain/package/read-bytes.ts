import type { Bytes } from './ports.js';

/** All of it: for what is known to be small. */
export async function readAll(bytes: Bytes): Promise<Uint8Array> {
  return readStart(bytes, Infinity);
}

/** The first `sizeBytes`, or all where there are fewer; no more is asked for. */
export async function readStart(bytes: Bytes, sizeBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of bytes) {
    const part = piece.slice(0, sizeBytes - length);
    pieces.push(part);
    length += part.length;
    if (length >= sizeBytes) break;
  }
  return joined(pieces, length);
}

/**
 * Lines without their line feeds. A line longer than `maxSizeBytes` is given cut after one byte more, and nothing after it; what follows
 * the last line feed is given with `ended: false`.
 */
export async function* readLines(
  bytes: Bytes,
  maxSizeBytes: number,
): AsyncGenerator<{ line: Uint8Array; ended: boolean }> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length;) {
      const end = piece.indexOf(LINE_FEED, at);
      const part = piece.slice(at, end < 0 ? undefined : end);
      held.push(part);
      heldBytes += part.length;
      const isTooLong = heldBytes > maxSizeBytes;
      if (end >= 0 || isTooLong) {
        yield { line: joined(held, heldBytes).subarray(0, maxSizeBytes + 1), ended: end >= 0 };
        if (isTooLong) return;
        held = [];
        heldBytes = 0;
      }
      at = end < 0 ? piece.length : end + 1;
    }
  }
  if (heldBytes > 0) yield { line: joined(held, heldBytes), ended: false };
}

const LINE_FEED = 0x0a;

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
