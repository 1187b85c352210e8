import type { IncomingMessage } from 'node:http';
import { BODY_SIZE_BYTES_AT_MOST, DRAINED_BYTES_AT_MOST } from './limits.js';

/** The body of a request; null when it is larger than one may be, of which no more than that is ever held. */
export async function readBody(request: IncomingMessage): Promise<Uint8Array | null> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > DRAINED_BYTES_AT_MOST) return null;
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // Not destroyed when we stop: there is an answer to give.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= BODY_SIZE_BYTES_AT_MOST) chunks.push(chunk);
    else chunks.length = 0;
    if (sizeBytes > DRAINED_BYTES_AT_MOST) break;
  }
  return sizeBytes > BODY_SIZE_BYTES_AT_MOST ? null : new Uint8Array(Buffer.concat(chunks));
}
