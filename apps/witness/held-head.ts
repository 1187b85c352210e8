import { createHash } from 'node:crypto';
import { openNote, parseCheckpoint, parseNote, ProofError, type Checkpoint, type VerifierKey } from '#domain/merkle';

/** The last head of a log that was cosigned. */
export interface HeldHead extends Checkpoint {
  /** POSIX seconds. */
  readonly cosignedAtSeconds: number;
  /** The checkpoint with the log's signatures and our cosignatures, and no others. */
  readonly note: Uint8Array;
}

/**
 * Reads a head back from what was stored, and verifies it as cosigned by ourselves; and, while the log is one of ours, every
 * other signature as the log's.
 * @throws ProofError when it is not, or no longer, what we stored
 */
export function readHeldHead(
  note: Uint8Array,
  own: readonly VerifierKey[],
  logs: ReadonlyMap<string, readonly VerifierKey[]>,
): HeldHead {
  const { text, signatures } = openNote(note, own);
  const checkpoint = parseCheckpoint(text);
  const trusted = logs.get(checkpoint.origin);
  if (trusted !== undefined) requireAllKnown(note, [...own, ...trusted]);
  const times = signatures.map((signature) => ('timestampSeconds' in signature ? signature.timestampSeconds : 0));
  return { ...checkpoint, note, cosignedAtSeconds: Math.max(...times) };
}

function requireAllKnown(note: Uint8Array, known: readonly VerifierKey[]): void {
  openNote(note, known);
  const stranger = parseNote(note).signatures.find(
    ({ name, keyId }) => !known.some((key) => key.name === name && key.id === keyId),
  );
  if (stranger === undefined) return;
  throw new ProofError(
    'no-known-signature',
    `the configuration has no key ${stranger.name}+${stranger.keyId} for its log; a log's earlier key stays in the ` +
      'configuration until a head under the new one was cosigned',
  );
}

/** How a log is named in file names, addresses and log lines: 64 hexadecimal digits of SHA-256 over its origin. */
export function originHash(origin: string): string {
  return createHash('sha256').update(origin, 'utf8').digest('hex');
}
