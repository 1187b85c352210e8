import {
  type Api,
  ApiError,
  type ByteRange,
  type Clock,
  ConnectionLost,
  TRANSFER_PATIENCE,
  retry,
  systemClock,
} from '#client/api';
import { type FileId, PART_SIZE_BYTES, type RetrievalId } from '#domain/evidence';

/** Asked for at a time. */
const WINDOW_SIZE_BYTES = PART_SIZE_BYTES;
const WINDOWS_IN_FLIGHT = 4;

export interface DownloadTools {
  readonly retrievals: Pick<Api['retrievals'], 'payload'>;
  readonly progress: { advance(sizeBytes: number): void };
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** The stored object that is downloaded. */
export interface StoredObject {
  readonly retrievalId: RetrievalId;
  readonly fileId: FileId;
  readonly sealedSizeBytes: number;
}

/**
 * Downloads an object from `startBytes` to its end in windows of 16 MiB, several at a time, and gives them in order. What breaks
 * off is asked for again from the byte where it did. Who stops early stops the downloads.
 *
 * @param room memory for a window; those of the windows under way and the one last given are in use
 * @throws ApiError: 'forbidden' when the grant was revoked meanwhile
 */
export async function* downloadWindows(
  object: StoredObject,
  startBytes: number,
  room: (sizeBytes: number) => Uint8Array<ArrayBuffer>,
  tools: DownloadTools,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const stop = new AbortController();
  const signal = tools.signal ? AbortSignal.any([tools.signal, stop.signal]) : stop.signal;
  const pending: Promise<Uint8Array<ArrayBuffer>>[] = [];
  let next = startBytes;
  const startOne = (): void => {
    const range = { startBytes: next, endBytes: Math.min(next + WINDOW_SIZE_BYTES, object.sealedSizeBytes) };
    next = range.endBytes;
    const window = downloadRange(object, range, room(range.endBytes - range.startBytes), { ...tools, signal });
    window.catch(() => undefined); // told when its turn comes
    pending.push(window);
  };
  try {
    for (;;) {
      while (pending.length < WINDOWS_IN_FLIGHT && next < object.sealedSizeBytes) startOne();
      const window = await pending.shift();
      if (window === undefined) return;
      yield window;
    }
  } finally {
    stop.abort(new Error('the download was given up'));
    await Promise.allSettled(pending);
  }
}

/** Fills `into` with a range of the object, however often the connection is lost, as long as bytes keep coming. */
export async function downloadRange(
  { retrievalId, fileId }: StoredObject,
  { startBytes, endBytes }: ByteRange,
  into: Uint8Array<ArrayBuffer>,
  { retrievals, progress, clock = systemClock, signal }: DownloadTools,
): Promise<Uint8Array<ArrayBuffer>> {
  let gotBytes = 0;
  const attempt = async () => {
    const before = gotBytes;
    try {
      const range = { startBytes: startBytes + gotBytes, endBytes };
      const response = await retrievals.payload(retrievalId, fileId, range, signal);
      for await (const piece of response.stream()) {
        if (gotBytes + piece.length > into.length) throw overrun();
        into.set(piece, gotBytes);
        gotBytes += piece.length;
        progress.advance(piece.length);
      }
      if (gotBytes < into.length) throw new ConnectionLost('the answer was cut off');
      return { kind: 'done' as const, value: undefined };
    } catch (cause) {
      if (!(cause instanceof ConnectionLost)) throw cause;
      // Something came: the connection lives, and patience begins anew.
      if (gotBytes > before) return { kind: 'done' as const, value: undefined };
      const error = new ApiError({ kind: 'unreachable' }, `the download broke off: ${cause.message}`, cause);
      return { kind: 'again' as const, error, afterSeconds: null };
    }
  };
  while (gotBytes < into.length) await retry(attempt, TRANSFER_PATIENCE, clock, signal);
  return into;
}

function overrun(): ApiError {
  return new ApiError({ kind: 'bad-answer' }, 'the server sent more than the range asked for');
}
