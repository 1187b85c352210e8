import { z } from 'zod';
import { StampedHeadView } from '#domain/contract';
import { ApiError, type Clock, ConnectionLost, type HttpSend, type Patience, retry, systemClock } from '#client/api';
import { entryBundlePath, type LogSource, tilePath } from '#domain/merkle';

export interface PublicLogOptions {
  /** Origin of the platform, or of any cache of its log, without `/log` and without a trailing slash. */
  readonly baseUrl: string;
  readonly send: HttpSend;
  readonly clock?: Clock;
  readonly patience?: Patience;
}

const PromiseKeys = z.object({ certificates: z.array(z.string()) });

const DEFAULT_PATIENCE: Patience = { seconds: 20 };
const TRY_AGAIN = new Set([429, 502, 503, 504]);
/** No object of a log is larger: a bundle holds 256 entries of 64 KiB at most, a note half a megabyte. */
const MAX_SIZE_BYTES = 17 * 1024 * 1024;

/**
 * A platform's custody log as anyone may read it, with no account: C2SP tlog-tiles over HTTP. Nothing it gives is verified.
 * Its methods throw ApiError: 'unreachable', or 'bad-answer' when there is no such object.
 */
export class PublicLog implements LogSource {
  readonly #options: PublicLogOptions;

  constructor(options: PublicLogOptions) {
    this.#options = options;
  }

  /** The signed note of the last published head. */
  checkpoint(): Promise<Uint8Array> {
    return this.#get('checkpoint', 'text/plain');
  }

  /** The last head that the platform's own quorum of witnesses cosigned. */
  witnessedCheckpoint(): Promise<Uint8Array> {
    return this.#get('checkpoint/witnessed', 'text/plain');
  }

  /** The first head over at least so many entries that an authority stamped, and its timestamp. */
  async stampedHead(size: number): Promise<StampedHeadView> {
    const text = new TextDecoder().decode(await this.#get(`timestamps/${size}`, 'application/json'));
    const parsed = StampedHeadView.safeParse(jsonIn(text));
    if (!parsed.success) throw badAnswer('a stamped head is not as the contract says');
    return parsed.data;
  }

  /** The statement by which the log before this one ended. */
  succession(): Promise<Uint8Array> {
    return this.#get('succession', 'text/plain');
  }

  readTile(level: number, index: number, width: number): Promise<Uint8Array> {
    return this.#get(tilePath({ level, index, width }), 'application/octet-stream');
  }

  readEntryBundle(index: number, width: number): Promise<Uint8Array> {
    return this.#get(entryBundlePath({ index, width }), 'application/octet-stream');
  }

  /** Signed notes of the log, each certifying a key that its promises are signed with. */
  async promiseKeys(): Promise<Uint8Array[]> {
    const text = new TextDecoder().decode(await this.#get('promise-keys', 'application/json'));
    const parsed = PromiseKeys.safeParse(JSON.parse(text));
    if (!parsed.success) throw badAnswer('the keys of promises are not as the contract says');
    return parsed.data.certificates.map((certificate) => new TextEncoder().encode(certificate));
  }

  #get(path: string, accept: string): Promise<Uint8Array> {
    const { baseUrl, send, clock = systemClock, patience = DEFAULT_PATIENCE } = this.#options;
    const url = `${baseUrl}/log/${path}`;
    return retry(
      async () => {
        try {
          const response = await send({ method: 'GET', url, headers: { accept } });
          if (response.status === 200) return { kind: 'done', value: await bounded(response.stream(), url) };
          await response.bytes(); // frees the connection
          if (!TRY_AGAIN.has(response.status)) throw badAnswer(`${url} answers ${response.status}`);
          return { kind: 'again', error: unreachable(`${url} answers ${response.status}`), afterSeconds: null };
        } catch (cause) {
          if (!(cause instanceof ConnectionLost)) throw cause;
          return {
            kind: 'again',
            error: unreachable(`${baseUrl} does not answer: ${cause.message}`),
            afterSeconds: null,
          };
        }
      },
      patience,
      clock,
    );
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function bounded(stream: AsyncIterable<Uint8Array>, url: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    size += piece.length;
    if (size > MAX_SIZE_BYTES) throw badAnswer(`${url} is larger than anything of a log`);
    pieces.push(piece);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

const unreachable = (message: string) => new ApiError({ kind: 'unreachable' }, message);
const badAnswer = (message: string) => new ApiError({ kind: 'bad-answer' }, message);
