import { ApiError } from '#client/api';
import { proveEntries } from '#client/log';
import type { ErasedEventView, EventView } from '#domain/contract';
import { commitmentOf, entryOf } from '#domain/custody';
import {
  checkpointVerifier,
  leafHash,
  type LogPolicy,
  parseTlogProof,
  ProofError,
  type VerifiedCheckpoint,
  verifyCheckpoint,
  verifyTlogProof,
} from '#domain/merkle';
import { IntegrityError } from './integrity-error.js';
import type { SeenHead, WatchedLog } from './watched-log.js';

/** How well the log proves an event, and on whose word. */
export interface EventProof {
  readonly state: 'pending' | 'in-tree' | 'witnessed';
  /** Names of the witnesses whose cosigned head covers it. */
  readonly witnesses: readonly string[];
  /** `pinned`: judged here, by the witnesses that are trusted here. `platform`: it was proven in the tree here; the rest is the platform's claim. */
  readonly by: 'pinned' | 'platform';
}

type EventToProve =
  | Pick<EventView, 'id' | 'index' | 'salt' | 'body' | 'proof'>
  | Pick<ErasedEventView, 'id' | 'index' | 'commitment' | 'proof'>;

/** A log as somebody trusts it: its heads, and the quorum of witnesses that are pinned for it; null for none. */
export interface Judged {
  readonly watched: WatchedLog;
  readonly witnessing: LogPolicy | null;
}

/** The largest head that a quorum cosigned, and who did. */
interface CosignedHead {
  readonly size: number;
  readonly witnesses: readonly string[];
}

/**
 * Proves each event that has a place under the head, and says which of them the own witnesses vouch for.
 * @returns in the order of the events
 * @throws IntegrityError naming the event that is not in the log; ProofError; ApiError
 */
export async function proveEvents(
  events: readonly EventToProve[],
  head: SeenHead,
  { watched, witnessing }: Judged,
): Promise<EventProof[]> {
  const { size } = head.checkpoint;
  const covered = events.flatMap((event) => (event.index !== null && event.index < size ? [{ ...event }] : []));
  const indexes = covered.map(({ index }) => index ?? 0);
  const proofs = await proveEntries(indexes, head.note, watched.policy, watched.log);
  const verify = checkpointVerifier(watched.policy);
  for (const [at, event] of covered.entries()) {
    const { id, index } = event;
    const leaf = leafHash(entryOf(commitmentTo(event)));
    try {
      const proof = parseTlogProof(proofs[at] ?? new Uint8Array(0));
      if (proof.index !== index) throw new ProofError('bad-index', 'the proof is of another entry');
      verifyTlogProof(proof, leaf, verify);
    } catch (cause) {
      if (!(cause instanceof ProofError)) throw cause;
      throw new IntegrityError(`the event ${id} is not the entry ${String(index)} of the log: ${cause.message}`);
    }
  }
  const cosigned = witnessing && (await cosignedHead(head, watched, witnessing));
  return events.map(({ index, proof }): EventProof => {
    const by = witnessing === null ? 'platform' : 'pinned';
    if (index === null || index >= size) return { state: 'pending', witnesses: [], by };
    if (witnessing === null) return { ...proof, state: proof.state === 'witnessed' ? 'witnessed' : 'in-tree', by };
    return cosigned && index < cosigned.size
      ? { state: 'witnessed', witnesses: cosigned.witnesses, by }
      : { state: 'in-tree', witnesses: [], by };
  });
}

/** Of an erased event what is left of it. */
function commitmentTo(event: EventToProve): Uint8Array {
  return 'body' in event
    ? commitmentOf(Buffer.from(event.salt, 'base64'), Buffer.from(event.body, 'base64'))
    : Buffer.from(event.commitment, 'base64');
}

/** In words, for a person: whose claim it is too. */
export function proofWords({ state, witnesses, by }: EventProof): string {
  if (state === 'pending') return 'pending: no published head covers it yet';
  if (state === 'witnessed') {
    const whose = by === 'pinned' ? 'your own quorum' : 'the platform says, no witness is pinned here';
    return `witnessed (${whose}): ${witnesses.join(', ')}`;
  }
  return by === 'pinned' ? 'in the tree, not yet cosigned by your own quorum' : 'in the tree, not yet witnessed';
}

/** What the quorum cosigned last: the head itself, else the last one that the platform says is cosigned. The head must have grown out of it. */
async function cosignedHead(
  { note, checkpoint }: SeenHead,
  watched: WatchedLog,
  witnessing: LogPolicy,
): Promise<CosignedHead | null> {
  const now = cosignedBy(note, witnessing);
  if (now !== null) return cosigners(now);
  const earlier = await watched.log.witnessedCheckpoint().catch(absent);
  const before = earlier && cosignedBy(earlier, witnessing);
  if (before === null || before.checkpoint.size > checkpoint.size) return null;
  await watched.requireGrowth(before.checkpoint, checkpoint);
  return cosigners(before);
}

function cosigners({ checkpoint: { size }, cosignatures }: VerifiedCheckpoint): CosignedHead {
  return { size, witnesses: [...new Set(cosignatures.map(({ key }) => key.name))].sort() };
}

function cosignedBy(note: Uint8Array, witnessing: LogPolicy): VerifiedCheckpoint | null {
  try {
    return verifyCheckpoint(note, witnessing);
  } catch (error) {
    if (error instanceof ProofError && error.code === 'quorum-not-met') return null;
    throw error;
  }
}

/** There is no such head yet. */
function absent(error: unknown): null {
  if (error instanceof ApiError && error.failure.kind === 'bad-answer') return null;
  throw error;
}
