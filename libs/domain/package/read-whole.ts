import type { Bytes, PackageReader } from './ports.js';

/** A small file, whole; null when it has more than `maxSizeBytes`, of which no more is read. @throws PackageError 'unreadable' */
export async function readWhole(reader: PackageReader, path: string, maxSizeBytes: number): Promise<Uint8Array | null> {
  const bytes = await readStart(reader, path, maxSizeBytes + 1);
  return bytes.length > maxSizeBytes ? null : bytes;
}

/** The first `sizeBytes` of a file, or all of a shorter one. @throws PackageError 'unreadable' */
export async function readStart(reader: PackageReader, path: string, sizeBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of reader.open(path)) {
    const part = piece.slice(0, sizeBytes - length);
    pieces.push(part);
    length += part.length;
    if (length === sizeBytes) break;
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
