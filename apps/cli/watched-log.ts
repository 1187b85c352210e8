import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { PublicLog } from '#client/log';
import {
  type Checkpoint,
  type LogPolicy,
  ProofError,
  type Sha256,
  type TreeHead,
  formatLogPolicy,
  openNote,
  type VerifierKey,
  parseLogPolicy,
  parseVerifierKey,
  proveConsistency,
  verifyCheckpoint,
  verifyGrowth,
} from '#domain/merkle';
import { IntegrityError } from './integrity-error.js';
import { parseJson } from './node/home.js';
import { readFileIfThere, writePrivateFile } from './node/private-file.js';

const HEADS_KEPT = 200;

const KeptHeads = z.array(z.strictObject({ size: z.int().min(0), root: z.base64() }));

/** OpenSSL's, on a node's 65 bytes twice as fast as another. */
export const nodeSha256Once: Sha256 = (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest());

/** The policy of who trusts one log, by any of its keys, and asks for no witness. */
export function policyOfLog(...verifierKeys: readonly string[]): LogPolicy {
  return parseLogPolicy(new TextEncoder().encode(formatLogPolicy(verifierKeys.map(parseVerifierKey))));
}

/** A head of the log that was verified. */
export interface SeenHead {
  readonly note: Uint8Array;
  readonly checkpoint: Checkpoint;
}

/** The heads of a log that are kept in this file, the oldest first. */
export function seenHeads(path: string): TreeHead[] {
  const bytes = readFileIfThere(path);
  const kept = bytes === null ? [] : (KeptHeads.safeParse(parseJson(bytes)).data ?? []);
  return kept.map(({ size, root }) => ({ size, root: new Uint8Array(Buffer.from(root, 'base64')) }));
}

/** A log whose heads are remembered: each must have grown out of those seen before. */
export class WatchedLog {
  readonly log: PublicLog;
  readonly policy: LogPolicy;
  readonly #pathOf: (origin: string) => string;
  readonly #pinned: readonly VerifierKey[];

  /**
   * @param pathOf where the heads of a log are kept
   * @param pinned keys that must all have signed a head. A policy accepts any one of a log's keys: who pinned two is not to be content
   *   with the weaker, once somebody has broken that
   */
  constructor(
    log: PublicLog,
    policy: LogPolicy,
    pathOf: (origin: string) => string,
    pinned: readonly VerifierKey[] = [],
  ) {
    this.#pinned = pinned;
    this.log = log;
    this.policy = policy;
    this.#pathOf = pathOf;
  }

  /**
   * The head that is published now, verified, and proven to have grown out of the one seen last. It is remembered.
   * @throws ProofError when it is not signed as the policy asks; IntegrityError when the log was rolled back or forked; ApiError
   */
  async head(): Promise<SeenHead> {
    const note = await this.log.checkpoint();
    const { checkpoint } = verifyCheckpoint(note, this.policy);
    this.#requireSigned(note);
    const seen = this.seen(checkpoint.origin);
    const last = seen.at(-1);
    if (last !== undefined) await this.requireGrowth(last, checkpoint);
    if (last === undefined || last.size < checkpoint.size) this.#keep(checkpoint.origin, [...seen, checkpoint]);
    return { note, checkpoint };
  }

  /** The heads seen before, the oldest first. */
  seen(origin: string): TreeHead[] {
    return seenHeads(this.#pathOf(origin));
  }

  /** @throws IntegrityError unless the log proves that the one head grew out of the other */
  async requireGrowth(last: TreeHead, now: Checkpoint): Promise<void> {
    try {
      if (now.size < last.size) throw new ProofError('bad-size', `it has ${now.size} entries now`);
      const proof = now.size === last.size ? [] : await proveConsistency(last.size, now.size, this.log, nodeSha256Once);
      verifyGrowth(last, now, proof, nodeSha256Once);
    } catch (cause) {
      if (!(cause instanceof ProofError)) throw cause;
      throw new IntegrityError(
        `the log ${now.origin} did not grow out of the head over ${last.size} entries that was seen before: ${cause.message}`,
      );
    }
  }

  #requireSigned(note: Uint8Array): void {
    if (this.#pinned.length === 0) return;
    const signed = new Set(openNote(note, this.#pinned).signatures.map(({ key }) => key));
    const missing = this.#pinned.find((key) => !signed.has(key));
    if (missing === undefined) return;
    throw new IntegrityError(`the head is not signed with the key ${missing.name}+${missing.id}, which is pinned too`);
  }

  #keep(origin: string, heads: readonly TreeHead[]): void {
    const kept = heads
      .slice(-HEADS_KEPT)
      .map(({ size, root }) => ({ size, root: Buffer.from(root).toString('base64') }));
    writePrivateFile(this.#pathOf(origin), `${JSON.stringify(kept)}\n`);
  }
}
