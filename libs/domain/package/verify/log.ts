import {
  ProofError,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  verifyCheckpoint,
  verifyInclusion,
  type LogPolicy,
  type TlogProof,
  type TreeHead,
  type VerifiedCheckpoint,
} from '#domain/merkle';
import { PATHS, partKindOf, proofPath } from '../layout.js';
import { LinkFault } from '../verdict.js';
import { holding, requireFile, type Examination } from './examination.js';
import type { RecordedEvent } from './recorded-event.js';

/**
 * Every event is in the tree of the package's one checkpoint, at its index; there is one proof an event and no other. The checkpoint
 * itself is verified next. @throws LinkFault 'inclusion' naming the index; 'checkpoint' when that is none
 */
export async function checkInclusion(examination: Examination, events: readonly RecordedEvent[]): Promise<Uint8Array> {
  const note = await requireFile(examination, PATHS.checkpoint, 'checkpoint');
  const head = await holding('checkpoint', ProofError, () => readHead(note), PATHS.checkpoint);
  const wanted = new Set(events.map(({ index }) => proofPath(index)));
  for (const path of examination.bag.payload.keys()) {
    if (partKindOf(path) === 'proof' && !wanted.has(path))
      throw new LinkFault('inclusion', `${path} is of no event of the record`);
  }
  for (const event of events) {
    const path = proofPath(event.index);
    const proof = await requireFile(examination, path, 'inclusion');
    await holding('inclusion', ProofError, () => checkProof(proof, event, head, note), path);
    examination.checked.proofs += 1;
  }
  return note;
}

/** @throws ProofError */
export function readHead(note: Uint8Array): TreeHead {
  return parseCheckpoint(parseNote(note).text, { extensionLines: 'refuse' });
}

function checkProof(bytes: Uint8Array, { index, leafHash }: RecordedEvent, head: TreeHead, note: Uint8Array): void {
  const proof = readProof(bytes, index);
  if (proof.checkpoint.length !== note.length || proof.checkpoint.some((byte, at) => byte !== note[at])) {
    throw new ProofError('malformed-proof', `the proof is for another checkpoint than ${PATHS.checkpoint}`);
  }
  verifyInclusion(index, head.size, leafHash, proof.hashes, head.root);
}

/** @throws ProofError unless it is of this index and has nothing that nothing vouches for */
export function readProof(bytes: Uint8Array, index: number): TlogProof {
  const proof = parseTlogProof(bytes);
  if (proof.index !== index) throw new ProofError('bad-index', `the proof is of index ${proof.index}`);
  if (proof.extra !== undefined)
    throw new ProofError('malformed-proof', 'the proof has extra data, which nothing vouches for');
  return proof;
}

/** The checkpoint under the policy: a log of it signed, its witnesses cosigned. @throws LinkFault 'checkpoint', 'witness-quorum' */
export function checkCheckpoint({ checked }: Examination, note: Uint8Array, policy: LogPolicy): VerifiedCheckpoint {
  try {
    const verified = verifyCheckpoint(note, policy);
    checked.cosignatures += verified.cosignatures.length;
    return verified;
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    const link = error.code === 'quorum-not-met' ? 'witness-quorum' : 'checkpoint';
    throw new LinkFault(link, `${PATHS.checkpoint}: ${error.message}`);
  }
}
