import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Problem } from '#domain/contract';
import type { PartBody } from '#server/storage';

/**
 * The whole of a small part, its digest checked, in memory. Leaves the body to be answered, whatever it was.
 * @throws Problem 'short-body', 'part-size', 'digest-mismatch'
 */
export async function collectPart(body: PartBody, sizeBytes: number, sha256: Uint8Array): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let left = sizeBytes;
  const source = body instanceof Readable ? (body.iterator({ destroyOnReturn: false }) as PartBody) : body;
  try {
    for await (const piece of source as AsyncIterable<Uint8Array>) {
      left -= piece.length;
      if (left < 0) break;
      pieces.push(piece);
    }
  } catch {
    throw new Problem('short-body');
  }
  if (left !== 0) throw new Problem(left > 0 ? 'short-body' : 'part-size');
  const bytes = Buffer.concat(pieces);
  if (!createHash('sha256').update(bytes).digest().equals(sha256)) throw new Problem('digest-mismatch');
  return bytes;
}
