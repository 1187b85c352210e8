import type { HttpSend } from '#client/api';
import {
  entryOf,
  type InclusionPromise,
  parsePromiseHeader,
  PromiseError,
  toBase64,
  verifyPromise,
  verifyPromiseKey,
} from '#domain/custody';
import {
  type Checkpoint,
  decodeEntryBundle,
  leafHash,
  type LogPolicy,
  type LogSource,
  ProofError,
  proveInclusion,
  TILE_WIDTH,
  verifyCheckpoint,
  verifyInclusion,
  type VerifierKey,
} from '#domain/merkle';

/** A promise as a client keeps it until the log has what was promised. */
export interface KeptPromise {
  /** The signed note, in base64. */
  readonly note: string;
  /** Entries of the last head seen before the promise was made: what was promised lies behind them. */
  readonly afterSize: number;
}

/** An event that was promised, and is not in the log. */
export interface UnkeptPromise {
  /** In base64, as the log would have it. */
  readonly commitment: string;
  readonly origin: string;
  readonly promisedAt: string;
  /** The signed promise in base64: evidence against the platform. */
  readonly note: string;
}

export interface PromiseReport {
  /** The head that the promises were held against. */
  readonly checkpoint: Checkpoint;
  /** Events that were promised, and are proven to be in the log. */
  readonly events: number;
  /** Promises of which something is not in the log though its time is over. */
  readonly unkept: readonly UnkeptPromise[];
  /** Promises that are not signed by a key that the log certified. */
  readonly notPromised: readonly KeptPromise[];
  /** To be kept on: those whose time is not over, and those above. */
  readonly open: readonly KeptPromise[];
  /** Of them, those whose time is not over. */
  readonly awaited: number;
}

export interface PromiseCheck {
  readonly now: Date;
  /** How long after a promise's time its platform is given the benefit of the doubt, in milliseconds. */
  readonly graceMs: number;
}

type Source = LogSource & { checkpoint(): Promise<Uint8Array>; promiseKeys(): Promise<Uint8Array[]> };

/**
 * Sends as `send` does, and hands on the promises that come with any answer, refusals included, before the answer itself: an answer whose
 * promises could not be kept is not one. A field that is none is handed on to nobody.
 */
export function keepPromises(send: HttpSend, keep: (notes: readonly Uint8Array[]) => void): HttpSend {
  return async (request) => {
    const response = await send(request);
    const field = response.header('amana-promise');
    if (field !== null) {
      try {
        keep(parsePromiseHeader(field));
      } catch (error) {
        if (!(error instanceof PromiseError)) throw error;
      }
    }
    return response;
  };
}

/**
 * Looks whether the log has what was promised: each event is found among the entries and proven to be under the head. Reads the log from
 * its end back to where the oldest promise was made.
 * @throws ProofError when the checkpoint is not one under this policy, or an entry shown is not under it; what the source throws
 */
export async function checkPromises(
  source: Source,
  policy: LogPolicy,
  kept: readonly KeptPromise[],
  { now, graceMs }: PromiseCheck,
): Promise<PromiseReport> {
  const keys = await certifiedKeys(source, policy);
  const { checkpoint } = verifyCheckpoint(await source.checkpoint(), policy);
  const opened = kept.map((one) => ({ one, promise: openPromise(one, keys, checkpoint.origin) }));
  const from = Math.min(...kept.map(({ afterSize }) => afterSize), checkpoint.size);
  const wanted = new Set(opened.flatMap(({ promise }) => promise?.commitments.map(toBase64) ?? []));
  const found = await findEntries(source, checkpoint, from, wanted);
  const report = { events: 0, awaited: 0, unkept: [] as UnkeptPromise[], open: [] as KeptPromise[] };
  for (const { one, promise } of opened) {
    if (promise === null) {
      report.open.push(one);
      continue;
    }
    const missing = promise.commitments.map(toBase64).filter((commitment) => !found.has(commitment));
    report.events += promise.commitments.length - missing.length;
    if (missing.length === 0) continue;
    report.open.push(one);
    const { origin, at, mergeDelayMs } = promise;
    if (at.getTime() + mergeDelayMs + graceMs > now.getTime()) {
      report.awaited += 1;
      continue;
    }
    const promisedAt = at.toISOString();
    report.unkept.push(...missing.map((commitment) => ({ commitment, origin, promisedAt, note: one.note })));
  }
  return { ...report, checkpoint, notPromised: opened.flatMap(({ one, promise }) => (promise === null ? [one] : [])) };
}

async function certifiedKeys(source: Source, policy: LogPolicy): Promise<Map<string, VerifierKey[]>> {
  const logs = policy.logs.map(({ key }) => key);
  const keys = new Map<string, VerifierKey[]>();
  for (const certificate of await source.promiseKeys()) {
    try {
      const { origin, key } = verifyPromiseKey(certificate, logs);
      keys.set(origin, [...(keys.get(origin) ?? []), key]);
    } catch (error) {
      // Of a log that this reader does not trust.
      if (!(error instanceof PromiseError)) throw error;
    }
  }
  return keys;
}

/** Null unless a key that this log certified signed it, for this log. */
function openPromise(
  { note }: KeptPromise,
  keys: ReadonlyMap<string, readonly VerifierKey[]>,
  origin: string,
): InclusionPromise | null {
  try {
    const [bytes = new Uint8Array(0)] = parsePromiseHeader(note);
    const promise = verifyPromise(bytes, keys.get(origin) ?? []);
    return promise.origin === origin ? promise : null;
  } catch (error) {
    if (error instanceof PromiseError) return null;
    throw error;
  }
}

/** Which of these commitments are entries of the log, from this one on; each is proven. */
async function findEntries(
  source: Source,
  { size, root }: Checkpoint,
  from: number,
  wanted: ReadonlySet<string>,
): Promise<Set<string>> {
  const byEntry = new Map([...wanted].map((commitment) => [toBase64(entryOf(bytesOf(commitment))), commitment]));
  const found = new Set<string>();
  for (
    let bundle = Math.ceil(size / TILE_WIDTH) - 1;
    bundle * TILE_WIDTH + TILE_WIDTH > from && bundle >= 0;
    bundle--
  ) {
    if (found.size === wanted.size) break;
    const first = bundle * TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, size - first);
    const entries = decodeEntryBundle(await source.readEntryBundle(bundle, width), width);
    for (const [at, entry] of entries.entries()) {
      const commitment = byEntry.get(toBase64(entry));
      if (commitment === undefined || found.has(commitment)) continue;
      const proof = await proveInclusion(first + at, size, source);
      verifyInclusion(first + at, size, leafHash(entry), proof, root);
      found.add(commitment);
    }
  }
  return found;
}

function bytesOf(base64: string): Uint8Array {
  const [bytes] = parsePromiseHeader(base64);
  if (bytes === undefined) throw new ProofError('bad-hash', 'a commitment is 32 bytes');
  return bytes;
}
