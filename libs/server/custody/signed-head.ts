import { type Checkpoint, openNote, parseCheckpoint, type VerifierKey } from '#domain/merkle';
import { LogError } from './log-error.js';

/** A head of the log with the note that says so. */
export interface SignedHead extends Checkpoint {
  /** The signed note's exact bytes. */
  readonly note: Uint8Array;
}

/**
 * Reads a head of our own log, signed by its own key.
 * @param of for people: which head, and who holds it @throws LogError 'checkpoint-invalid'
 */
export function openOwnHead(note: Uint8Array, key: VerifierKey, of: string): SignedHead {
  let checkpoint: Checkpoint;
  try {
    checkpoint = parseCheckpoint(openNote(note, [key]).text);
  } catch (error) {
    throw new LogError('checkpoint-invalid', `${of} is not one of this log's key`, error);
  }
  if (checkpoint.origin !== key.name)
    throw new LogError('checkpoint-invalid', `${of} says it is of another log or size`);
  return { ...checkpoint, note };
}
