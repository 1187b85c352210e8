import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { ApiError, ConnectionLost, type HttpSend } from '#client/api';

const Facts = z.object({
  name: z.string().min(1).max(200),
  verifierKey: z.string().min(1).max(4000),
  logs: z.array(z.object({ origin: z.string(), size: z.int().min(0) })).max(10_000),
});

/** What a witness says of itself, which nothing vouches for but the key that is pinned. */
export type WitnessFacts = z.infer<typeof Facts>;

const MAX_SIZE_BYTES = 4 * 1024 * 1024;

/** Asks a witness who it is and how far it has followed which logs. @throws ApiError 'unreachable', 'bad-answer' */
export async function askWitness(send: HttpSend, url: string): Promise<WitnessFacts> {
  try {
    const response = await send({ method: 'GET', url, headers: { accept: 'application/json' } });
    const bytes = await response.bytes();
    const facts =
      response.status === 200 && bytes.length <= MAX_SIZE_BYTES ? Facts.safeParse(json(bytes)).data : undefined;
    if (facts !== undefined) return facts;
  } catch (cause) {
    if (!(cause instanceof ConnectionLost)) throw cause;
    throw new ApiError({ kind: 'unreachable' }, `the witness at ${url} does not answer: ${cause.message}`);
  }
  throw new ApiError({ kind: 'bad-answer' }, `${url} is not a witness`);
}

/** The last head of a log that a witness cosigned, as it shows it: a note not yet verified; null where it does not answer or has none. */
export async function headHeldBy(send: HttpSend, url: string, origin: string): Promise<Uint8Array | null> {
  const name = bytesToHex(sha256(utf8ToBytes(origin)));
  try {
    const response = await send({
      method: 'GET',
      url: `${url.replace(/\/$/, '')}/checkpoint/${name}`,
      headers: { accept: 'text/plain' },
    });
    const bytes = await response.bytes();
    return response.status === 200 && bytes.length <= MAX_SIZE_BYTES ? bytes : null;
  } catch (cause) {
    if (cause instanceof ConnectionLost) return null;
    throw cause;
  }
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
