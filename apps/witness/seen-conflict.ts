import { createHash } from 'node:crypto';
import { z } from 'zod';
import { formatConflict, type Checkpoint } from '#domain/merkle';
import type { HeldHead } from './held-head.js';

/**
 * `fork`: two heads of one size with two roots, both signed by the log: that alone proves that it showed two histories.
 * `unproven-growth`: a larger head, signed by the log, came with a proof that does not lead to it. Anybody can send a good head
 * with a bad proof, so this proves nothing by itself: the log must show a good proof, and a log that cannot has forked.
 */
export type ConflictKind = 'fork' | 'unproven-growth';

const Head = z.strictObject({ size: z.number(), root: z.string(), note: z.string() });

/** Two heads of one log that do not go together, for anybody to check. Also the form of the file and of the answer. */
export const SeenConflict = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{64}$/),
  kind: z.enum(['fork', 'unproven-growth']),
  origin: z.string(),
  /** ISO 8601, UTC. */
  seenAt: z.string(),
  /** What this witness cosigned: size, root in base64, and the signed note with its cosignature. */
  held: Head,
  /** What it was shown afterwards: the signed note with the log's signatures alone. */
  shown: Head,
  /** The hashes in base64 that were to lead from the one to the other. */
  consistencyProof: z.array(z.string()),
});
export type SeenConflict = z.infer<typeof SeenConflict>;

/** @param note the shown checkpoint, its signatures verified and those of others left out */
export function seenConflict(
  kind: ConflictKind,
  held: HeldHead,
  shown: Checkpoint & { readonly note: Uint8Array },
  proof: readonly Uint8Array[],
  now: Date,
): SeenConflict {
  const heads = [held, shown].map(({ origin, size, root }) => `${origin}\n${size}\n${base64(root)}\n`);
  return {
    // The same two heads are the same conflict, however often they are shown.
    id: createHash('sha256')
      .update(`${kind}\n${heads.join('')}`)
      .digest('hex'),
    kind,
    origin: held.origin,
    seenAt: now.toISOString(),
    held: headOf(held),
    shown: headOf(shown),
    consistencyProof: proof.map(base64),
  };
}

/** A fork as `verifyConflict` takes it; null for what proves nothing by itself. */
export function evidenceOf({ kind, held, shown }: SeenConflict): Uint8Array | null {
  if (kind !== 'fork') return null;
  return formatConflict({ older: Buffer.from(held.note, 'utf8'), newer: Buffer.from(shown.note, 'utf8') });
}

export const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function headOf({ size, root, note }: Checkpoint & { readonly note: Uint8Array }): z.infer<typeof Head> {
  return { size, root: base64(root), note: Buffer.from(note).toString('utf8') };
}
