import { describe, expect, it } from '@jest/globals';
import type { HttpResponse } from '#client/api';
import { FileId, PART_SIZE_BYTES, RetrievalId } from '#domain/evidence';
import { downloadWindows } from './download-windows.js';

const object = {
  retrievalId: RetrievalId.parse('00000000-0000-4000-8000-000000000001'),
  fileId: FileId.parse('00000000-0000-4000-8000-000000000002'),
  sealedSizeBytes: 20 * PART_SIZE_BYTES,
};

/** Gives the first range whole, and nothing of the others until it is told to stop. */
class SlowServer {
  readonly signals: AbortSignal[] = [];
  readonly retrievals = {
    payload: (_id: RetrievalId, _file: FileId, range: { startBytes: number }, signal?: AbortSignal) => {
      if (signal !== undefined) this.signals.push(signal);
      const answer = {
        status: 206,
        header: () => null,
        bytes: () => Promise.reject(new Error('not so')),
        stream: () => (range.startBytes === 0 ? wholeWindow() : untilAborted(signal)),
      };
      return Promise.resolve(answer as HttpResponse);
    },
  };
}

async function* wholeWindow(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new Uint8Array(PART_SIZE_BYTES));
}

async function* untilAborted(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  yield new Uint8Array(1);
  signal?.throwIfAborted();
  await new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
}

describe('downloading in windows', () => {
  it('stops what is under way when nobody wants more', async () => {
    const server = new SlowServer();
    const tools = { retrievals: server.retrievals, progress: { advance: () => undefined } };
    for await (const _ of downloadWindows(object, 0, (size) => new Uint8Array(size), tools)) break;
    expect(server.signals.length).toBeGreaterThan(1);
    expect(server.signals.map(({ aborted }) => aborted)).not.toContain(false);
  });

  it('stops when its caller does, and says why', async () => {
    const server = new SlowServer();
    const stop = new AbortController();
    const tools = { retrievals: server.retrievals, progress: { advance: () => undefined }, signal: stop.signal };
    const windows = downloadWindows(object, 0, (size) => new Uint8Array(size), tools);
    await windows.next();
    const next = windows.next();
    stop.abort(new Error('given up'));
    await expect(next).rejects.toThrow('given up');
    expect(server.signals.map(({ aborted }) => aborted)).not.toContain(false);
  });
});
