import { setTimeout as delay } from 'node:timers/promises';
import { type Api, ApiError } from '#client/api';
import type { ExhibitTimestampsView, TimestampView } from '#domain/contract';
import type { ExhibitId } from '#domain/evidence';
import { readManifest } from '#domain/manifest';
import { type LogPolicy, ProofError, verifyCheckpoint } from '#domain/merkle';
import type { PackagedTimestamp, PackagedTimestamps } from '#domain/package';
import { readPemCertificates, TimestampError, verifyArchiveChain, verifyTimestamp } from '#domain/time';
import type { SeenHead, WatchedLog } from './watched-log.js';

const POLL_MS = 500;
/** Heads that no quorum cosigned, one after the other: a log that has still more of them has none that is wanted. */
const MAX_PASSED_OVER = 256;
/** A manifest is stamped within seconds of its seal, and each look at it by another agency is an event: it is not looked at often. */
const MANIFEST_POLL_MS = 2_000;
const MANIFEST_LOOKS = 5;

/** A head of the log that an authority stamped, its note verified, its timestamp not yet. */
export interface StampedHead extends SeenHead {
  readonly timestamp: TimestampView;
}

/**
 * Waits for a stamped head over so many entries; where witnesses are trusted here, for one that was stamped with the cosignatures of
 * their quorum: none can be added to a note once it is stamped.
 * @param until when patience ends, milliseconds; what is there is looked at once in any case
 * @returns null when there is none by then
 * @throws ProofError for a head that its log did not sign, or a smaller one than asked for; ApiError
 */
export async function stampedHead(
  least: number,
  { log, policy }: WatchedLog,
  witnessing: LogPolicy | null,
  until: number,
): Promise<StampedHead | null> {
  let passedOver = 0;
  for (let size = least; ;) {
    const found = await log.stampedHead(size).catch(absent);
    if (found !== null) {
      const note = new TextEncoder().encode(found.note);
      const { checkpoint } = verifyCheckpoint(note, policy);
      if (checkpoint.size < size) throw new ProofError('bad-size', 'the log gives a smaller head than was asked for');
      if (witnessing === null || isCosigned(note, least, witnessing))
        return { note, checkpoint, timestamp: found.timestamp };
      if (++passedOver === MAX_PASSED_OVER) return null;
      size = checkpoint.size + 1;
      continue;
    }
    if (Date.now() >= until) return null;
    await delay(POLL_MS);
  }
}

/** Whether it is a head over so many entries that the quorum cosigned. */
export function isCosigned(note: Uint8Array, size: number, witnessing: LogPolicy): boolean {
  try {
    return verifyCheckpoint(note, witnessing).checkpoint.size >= size;
  } catch (error) {
    if (error instanceof ProofError) return false;
    throw error;
  }
}

/** There is no such head yet. */
export function absent(error: unknown): null {
  if (error instanceof ApiError && error.failure.kind === 'bad-answer') return null;
  throw error;
}

/** The timestamps of an exhibit, once that of its manifest is there or patience has ended. */
export async function manifestTimestamp(
  api: Pick<Api, 'exhibits'>,
  exhibitId: ExhibitId,
  until: number,
): Promise<ExhibitTimestampsView> {
  for (let looks = 1; ; looks++) {
    const view = await api.exhibits.timestamps(exhibitId);
    if (view.manifest !== null || view.roots === null || looks === MANIFEST_LOOKS || Date.now() >= until) return view;
    await delay(MANIFEST_POLL_MS);
  }
}

/** What a package is to carry of attested time, and why it carries no more, in words. */
export interface GatheredTime {
  readonly timestamps: PackagedTimestamps | null;
  readonly missing: readonly string[];
}

interface Given {
  readonly bytes: Uint8Array;
  readonly view: TimestampView | null;
}

/**
 * Checks what the platform gives, under the roots that it gives: whom to believe is for the reader of the package to say, but nothing goes
 * into one that nobody could believe. What does not hold is left out, and told.
 */
export async function gatherTime(
  given: { readonly checkpoint: Given; readonly manifest: Given },
  pem: string | null,
): Promise<GatheredTime> {
  if (pem === null) return { timestamps: null, missing: ['the platform has no timestamp authority'] };
  const missing: string[] = [];
  const needed = new Map<string, Uint8Array>();
  const kept = async (part: 'checkpoint' | 'manifest'): Promise<PackagedTimestamp | null> => {
    const { bytes, view } = given[part];
    if (view === null) {
      missing.push(`the time of the ${part} is not attested yet`);
      return null;
    }
    try {
      const { timestamp, roots } = await verified(view, bytes, readPemCertificates(pem));
      for (const root of roots) needed.set(Buffer.from(root).toString('base64'), root);
      return timestamp;
    } catch (error) {
      if (!(error instanceof TimestampError)) throw error;
      missing.push(`the timestamp of the ${part} does not hold: ${error.message}`);
      return null;
    }
  };
  const [checkpoint, manifest] = [await kept('checkpoint'), await kept('manifest')];
  const timestamps =
    checkpoint === null && manifest === null ? null : { checkpoint, manifest, roots: [...needed.values()] };
  return { timestamps, missing };
}

/** @throws TimestampError */
async function verified(
  view: TimestampView,
  bytes: Uint8Array,
  roots: readonly Uint8Array[],
): Promise<{ timestamp: PackagedTimestamp; roots: readonly Uint8Array[] }> {
  const evidenceRecord = view.evidenceRecord === null ? null : Buffer.from(view.evidenceRecord, 'base64');
  const { token, root } = await verifyTimestamp(Buffer.from(view.token, 'base64'), { bytes, roots });
  const renewals =
    evidenceRecord === null ? [] : (await verifyArchiveChain(evidenceRecord, bytes, { roots })).timestamps;
  return { timestamp: { token, evidenceRecord }, roots: [root, ...renewals.map((renewal) => renewal.root)] };
}

/** What a timestamp of a manifest is over. @throws ManifestError */
export const stampedPayload = (manifest: unknown): Uint8Array => readManifest(manifest).payloadBytes;
