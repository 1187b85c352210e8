import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import type { Response } from 'express';

/** A client that takes nothing for so long has gone. */
const STALL_MS = 120_000;

/** What leaves: bytes that no browser may render, run or keep. */
export function evidenceHeaders(response: Response, fileName: string, sizeBytes: number): void {
  response.set({
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(sizeBytes),
    'Content-Disposition': `attachment; filename="${fileName}"`,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'Cache-Control': 'no-store',
  });
}

/**
 * Streams to the client at its own pace. When `signal` aborts the connection is reset, not closed: what lies in buffers is
 * dropped, and the client sees a cut and no end. Never rejects: once bytes have left there is no other answer to give.
 */
export async function sendEvidence(response: Response, bytes: Readable, signal: AbortSignal): Promise<void> {
  const { socket } = response;
  const cut = () => socket?.resetAndDestroy();
  if (signal.aborted) cut();
  signal.addEventListener('abort', cut, { once: true });
  // Without a listener the server itself destroys a connection that times out.
  response.setTimeout(STALL_MS);
  try {
    await pipeline(bytes, response);
  } catch {
    // The client left, the store broke off, or the bytes were cut: the length announced is not reached, so nobody takes it for all.
    response.destroy();
  } finally {
    signal.removeEventListener('abort', cut);
  }
}
