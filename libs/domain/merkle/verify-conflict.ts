import { parseCheckpoint, type Checkpoint } from './checkpoint.js';
import type { Conflict } from './conflict.js';
import type { VerifierKey } from './note-key.js';
import { openNote } from './note-signature.js';
import { ProofError } from './proof-error.js';
import { proveConsistency, rootFromTiles } from './prove.js';
import type { HashReader } from './tile-reader.js';
import { defaultSha256, equalBytes, type Sha256 } from './tree-hash.js';
import { verifyConsistency } from './verify-proof.js';

/** A head and the keys of its log that signed it. */
export interface SignedHead {
  readonly checkpoint: Checkpoint;
  readonly signers: readonly VerifierKey[];
}

export interface VerifiedConflict {
  readonly origin: string;
  readonly older: SignedHead;
  readonly newer: SignedHead;
}

/**
 * Checks that a log signed two heads that contradict each other: two roots of one size; or a larger tree which, provably,
 * does not begin with the smaller one, since at that size it has another root. Whoever holds the log's key, and nobody
 * else, can have made these. Cosignatures are not looked at: a head counts against its log as soon as it is signed.
 * @param logs the reader's own keys of logs; a head is of the log whose name its origin is
 * @throws ProofError those of `openNote`, `parseCheckpoint` and `verifyConsistency`; 'log-not-signed' when a head is not
 * signed under its own origin; 'no-conflict' when both may be true, or are of two logs
 */
export function verifyConflict(
  { older, newer, prefix }: Conflict,
  logs: readonly VerifierKey[],
  sha256: Sha256 = defaultSha256,
): VerifiedConflict {
  const [before, after] = [openHead(older, logs), openHead(newer, logs)];
  const { origin, size, root } = before.checkpoint;
  if (after.checkpoint.origin !== origin) throw noConflict('the heads are of two logs');
  if (after.checkpoint.size === size) {
    if (prefix !== undefined) throw noConflict('heads of one size need no proof');
    if (equalBytes(after.checkpoint.root, root)) throw noConflict('the heads are the same');
  } else {
    if (prefix === undefined)
      throw noConflict('one tree may have grown into the other: there is no proof that it did not');
    if (equalBytes(prefix.root, root)) throw noConflict('the larger tree begins with the smaller one');
    verifyConsistency(size, after.checkpoint.size, prefix.hashes, prefix.root, after.checkpoint.root, sha256);
  }
  return { origin, older: before, newer: after };
}

/**
 * Makes the evidence out of two signed heads of one log and the tiles of the larger tree; of those of the smaller, which
 * its log may deny by now, none is needed. Whether it holds, `verifyConflict` says.
 * @throws ProofError those of `openNote`, `parseCheckpoint` and `proveConsistency`; 'log-not-signed'; what the reader throws
 */
export async function proveConflict(
  [one, other]: readonly [Uint8Array, Uint8Array],
  logs: readonly VerifierKey[],
  tilesOfLarger: HashReader,
  sha256: Sha256 = defaultSha256,
): Promise<Conflict> {
  const sizes = [one, other].map((note) => openHead(note, logs).checkpoint.size);
  const [size1, size2] = [Math.min(...sizes), Math.max(...sizes)];
  const [older, newer] = sizes[0] === size1 ? [one, other] : [other, one];
  if (size1 === size2) return { older, newer };
  const root = await rootFromTiles(size1, tilesOfLarger, sha256);
  const hashes = await proveConsistency(size1, size2, tilesOfLarger, sha256);
  return { older, newer, prefix: { root, hashes } };
}

function openHead(note: Uint8Array, logs: readonly VerifierKey[]): SignedHead {
  const { text, signatures } = openNote(note, logs);
  const checkpoint = parseCheckpoint(text);
  const signers = signatures.map(({ key }) => key).filter(({ name }) => name === checkpoint.origin);
  if (signers.length === 0) throw new ProofError('log-not-signed', 'no trusted log of its origin signed a head');
  return { checkpoint, signers };
}

const noConflict = (message: string) => new ProofError('no-conflict', message);
