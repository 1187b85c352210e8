import { parseCheckpoint, type Checkpoint } from './checkpoint.js';
import { isQuorumMet, type LogPolicy } from './log-policy.js';
import type { VerifierKey } from './note-key.js';
import { openNote, type VerifiedSignature } from './note-signature.js';
import { ProofError } from './proof-error.js';
import { equalBytes } from './tree-hash.js';

export interface VerifiedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** The key of the log that signed it; its name is the checkpoint's origin. */
  readonly log: VerifierKey;
  /** The witnesses of the policy that cosigned it, each once. */
  readonly cosignatures: readonly Extract<VerifiedSignature, { kind: 'cosignature' }>[];
}

/**
 * Accepts a checkpoint under the reader's own policy: signed by a log of the policy under its own name, with no
 * extension lines, and cosigned by the quorum. Never trust the policy that lies beside the evidence: pin one. C2SP
 * tlog-policy, tlog-checkpoint.
 * @throws ProofError those of `openNote` and `parseCheckpoint`; 'log-not-signed' | 'quorum-not-met'
 */
export function verifyCheckpoint(note: Uint8Array, policy: LogPolicy): VerifiedCheckpoint {
  const keys = [...policy.logs, ...policy.witnesses].map(({ key }) => key);
  const { text, signatures } = openNote(note, keys);
  const checkpoint = parseCheckpoint(text, { extensionLines: 'refuse' });
  const signed = new Set(signatures.map(({ key }) => key));
  const log = policy.logs.find(({ key }) => key.name === checkpoint.origin && signed.has(key))?.key;
  if (log === undefined) throw new ProofError('log-not-signed', 'no trusted log of this origin signed the checkpoint');
  if (!isQuorumMet(policy.quorum, signed)) {
    throw new ProofError('quorum-not-met', 'too few trusted witnesses cosigned the checkpoint');
  }
  const witnesses = new Set(policy.witnesses.map(({ key }) => key));
  const cosignatures = signatures.filter((signature) => signature.kind === 'cosignature');
  return { checkpoint, log, cosignatures: cosignatures.filter(({ key }) => witnesses.has(key)) };
}

/** Verifies one checkpoint note after another. */
export type CheckpointVerifier = (note: Uint8Array) => VerifiedCheckpoint;

/**
 * `verifyCheckpoint` under a fixed policy, remembering the last note it accepted: the proofs of a package carry the
 * same checkpoint each, and a signature costs a hundred times what an inclusion proof does.
 */
export function checkpointVerifier(policy: LogPolicy): CheckpointVerifier {
  let last: { readonly note: Uint8Array; readonly verified: VerifiedCheckpoint } | undefined;
  return (note) => {
    if (last === undefined || !equalBytes(last.note, note)) {
      last = { verified: verifyCheckpoint(note, policy), note: Uint8Array.from(note) };
    }
    return last.verified;
  };
}
