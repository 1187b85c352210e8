import {
  isQuorumMet,
  type LogPolicy,
  openNote,
  parseCheckpoint,
  ProofError,
  type Successor,
  type TreeHead,
  type VerifierKey,
  verifySuccessor,
} from '#domain/merkle';
import { sameBytes } from './shown-events.js';

export type SuccessionErrorCode =
  /** The key that is pinned did not sign it. */
  | 'not-signed'
  /** It does not end the log at, or after, the head that was seen here. */
  | 'contradicts-seen'
  /** A witness that is pinned holds a head which the statement leaves out or contradicts. */
  | 'contradicts-witness'
  /** Too few of the witnesses that are pinned hold the head that the log ended with. */
  | 'not-witnessed'
  /** What is served now is not signed by the log that was named. */
  | 'another-successor';

/** A log that says it follows the one that is pinned, and is not to be believed. */
export class SuccessionError extends Error {
  override readonly name = 'SuccessionError';
  readonly code: SuccessionErrorCode;

  constructor(code: SuccessionErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** What somebody knows of the log that ended, none of it from the one that follows. */
export interface KnownLog {
  /** The Ed25519 key that is pinned. */
  readonly key: VerifierKey;
  /** The last head that was seen here; null for none. */
  readonly seen: TreeHead | null;
  /** A quorum of the witnesses that are pinned; null for none. */
  readonly witnessing: LogPolicy | null;
  /** What each of those witnesses holds of this log, as it answered itself; null where it did not answer or holds nothing. */
  readonly held: ReadonlyMap<VerifierKey, Uint8Array | null>;
}

/**
 * Reads the statement by which a log that is pinned named its successor, and decides whether to believe it. The old key alone is not
 * enough where witnesses are pinned: its thief could name any successor. The head that the log ended with must be one that a quorum of
 * them cosigned, and none of them may hold a later one, or another.
 * @param current signed note of the head that is served now
 * @throws SuccessionError
 */
export function followSuccessor(statement: Uint8Array, current: Uint8Array, known: KnownLog): Successor {
  const successor = signedBy(statement, known.key);
  requireSeen(successor, known.seen);
  requireWitnessed(successor, known);
  try {
    const { text } = openNote(current, successor.keys);
    const { origin } = parseCheckpoint(text, { extensionLines: 'refuse' });
    if (origin !== successor.origin) throw new ProofError('log-not-signed', `the head is of ${origin}`);
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause;
    throw new SuccessionError(
      'another-successor',
      `${known.key.name} named ${successor.origin} as its successor, and what is served now is not signed by that: ${cause.message}`,
      cause,
    );
  }
  return successor;
}

function signedBy(statement: Uint8Array, key: VerifierKey): Successor {
  try {
    return verifySuccessor(statement, [key]);
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause;
    throw new SuccessionError(
      'not-signed',
      `the platform serves another log, and no statement by the key of ${key.name} that names it: ${cause.message}`,
      cause,
    );
  }
}

function requireSeen({ retired }: Successor, seen: TreeHead | null): void {
  if (seen === null || seen.size < retired.size) return;
  if (seen.size === retired.size && sameBytes(seen.root, retired.root)) return;
  throw new SuccessionError(
    'contradicts-seen',
    `${retired.origin} says that it ended at ${retired.size} entries, and its head over ${seen.size} was seen here: what came after would be lost`,
  );
}

function requireWitnessed({ retired }: Successor, { key, witnessing, held }: KnownLog): void {
  if (witnessing === null) return;
  const covering = new Set<VerifierKey>();
  const not: string[] = [];
  for (const { key: witness } of witnessing.witnesses) {
    const head = headOf(held.get(witness) ?? null, key, witness);
    if (head === null || head.size < retired.size) {
      not.push(witness.name);
      continue;
    }
    if (head.size > retired.size || !sameBytes(head.root, retired.root))
      throw new SuccessionError(
        'contradicts-witness',
        `${retired.origin} says that it ended at ${retired.size} entries, and the witness ${witness.name} holds another head over ${head.size} by its key`,
      );
    covering.add(witness);
  }
  if (isQuorumMet(witnessing.quorum, covering)) return;
  throw new SuccessionError(
    'not-witnessed',
    `${retired.origin} says that it ended at ${retired.size} entries, which too few of the witnesses that are pinned here confirm: ${not.join(', ')} did not`,
  );
}

/** A head that log and witness both signed; null for anything else: that says nothing about the log. */
function headOf(note: Uint8Array | null, log: VerifierKey, witness: VerifierKey): TreeHead | null {
  if (note === null) return null;
  try {
    const { text, signatures } = openNote(note, [log, witness]);
    const checkpoint = parseCheckpoint(text, { extensionLines: 'refuse' });
    return signatures.length === 2 && checkpoint.origin === log.name ? checkpoint : null;
  } catch (error) {
    if (error instanceof ProofError) return null;
    throw error;
  }
}
