import type { Request } from 'express';
import { PART_SIZE_BYTES } from '#domain/evidence';

const PATIENCE_MS = 10_000;

/**
 * Lets the rest of a refused request's body flow off, so that its client reads the answer instead of a broken connection.
 * @returns whether all of it went: else the connection must end with the answer, or the rest would be taken for the next request
 */
export async function flowOff(request: Request): Promise<boolean> {
  if (request.complete || request.readableEnded) return true;
  if (request.destroyed || Number(request.headers['content-length'] ?? 0) > PART_SIZE_BYTES) return false;
  return new Promise((resolve) => {
    let sizeBytes = 0;
    const over = (whole: boolean) => {
      clearTimeout(timer);
      request.off('data', count);
      resolve(whole);
    };
    const count = (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > PART_SIZE_BYTES) over(false);
    };
    const timer = setTimeout(() => over(false), PATIENCE_MS);
    request
      .on('data', count)
      .once('end', () => over(true))
      .once('error', () => over(false))
      .once('close', () => over(false))
      .resume();
  });
}
