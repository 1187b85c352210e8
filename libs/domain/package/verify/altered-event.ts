import { ProofError, verifyInclusion, type TreeHead } from '#domain/merkle';
import { PATHS, proofPath } from '../layout.js';
import { LinkFault } from '../verdict.js';
import { requireFile, type Examination } from './examination.js';
import { readHead, readProof } from './log.js';
import type { RecordedEvent } from './recorded-event.js';

/**
 * Which of two neighbours was altered that do not fit together: the one that is not what the log has at its index, while the other is.
 * The checkpoint is not verified yet, so this says whom to blame, never that all is well.
 * @param position of the second of them
 * @returns in words; null when the log does not tell
 */
export async function findAltered(
  examination: Examination,
  events: readonly RecordedEvent[],
  position: number,
): Promise<string | null> {
  const pair = [events[position - 1], events[position]].filter((event) => event !== undefined);
  const note = await fileOrNull(examination, PATHS.checkpoint);
  if (note === null) return null;
  const altered: RecordedEvent[] = [];
  for (const event of pair) if (!(await isLogged(examination, event, note))) altered.push(event);
  const [culprit, ...others] = altered;
  if (culprit === undefined || others.length > 0) return null;
  return `index ${culprit.index}: the event is not the one that the log has there: it was altered or replaced`;
}

async function isLogged(
  examination: Examination,
  { index, leafHash }: RecordedEvent,
  note: Uint8Array,
): Promise<boolean> {
  const bytes = await fileOrNull(examination, proofPath(index));
  if (bytes === null) return false;
  try {
    const head: TreeHead = readHead(note);
    verifyInclusion(index, head.size, leafHash, readProof(bytes, index).hashes, head.root);
    return true;
  } catch (error) {
    if (error instanceof ProofError) return false;
    throw error;
  }
}

/** A small file of the package, or null where it has none. @throws PackageError 'unreadable' */
export async function fileOrNull(examination: Examination, path: string): Promise<Uint8Array | null> {
  try {
    return await requireFile(examination, path, 'custody-entry');
  } catch (error) {
    if (error instanceof LinkFault) return null;
    throw error;
  }
}
