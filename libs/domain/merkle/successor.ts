import { parseCheckpoint, formatCheckpoint, type Checkpoint } from './checkpoint.js';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from './note-key.js';
import { openNote } from './note-signature.js';
import { ProofError } from './proof-error.js';

/**
 * What a log says when it ends and another takes its place: after a rollback that cannot be mended, or at the end of an
 * epoch. Nothing is appended to the retired log from then on.
 */
export interface Successor {
  /** The last head of the log that ends. */
  readonly retired: Checkpoint;
  /** Of the log that follows. */
  readonly origin: string;
  /** Of the log that follows, each by its origin's name; at least one. */
  readonly keys: readonly VerifierKey[];
}

/**
 * The text to sign with `signNote` and the Ed25519 key of the log that ends (ML-DSA-44 signs checkpoints alone):
 *
 *     amana-successor/v1
 *     <origin, size and base64 root of the last checkpoint, a line each>
 *     <origin of the successor>
 *     <a verifier key of the successor, a line each>
 *
 * It never reads as a checkpoint, nor a checkpoint as it.
 * @throws ProofError 'malformed-successor' for what `parseSuccessor` would not read back; those of `formatCheckpoint`
 */
export function formatSuccessor({ retired, origin, keys }: Successor): string {
  const lines = [VERSION, `${formatCheckpoint(retired)}${origin}`, ...keys.map(formatVerifierKey)];
  const text = `${lines.join('\n')}\n`;
  parseSuccessor(text);
  return text;
}

/** Reads the text of a statement, strictly; nothing in it is verified. @throws ProofError 'malformed-successor' */
export function parseSuccessor(text: string): Successor {
  if (!text.endsWith('\n')) throw malformed('the last line does not end');
  const [version, oldOrigin = '', size = '', root = '', origin = '', ...vkeys] = text.slice(0, -1).split('\n');
  if (version !== VERSION) throw malformed(`the first line is not ${VERSION}`);
  if (vkeys.length < 1 || vkeys.length > MAX_KEYS) throw malformed(`a successor has 1 to ${MAX_KEYS} keys`);
  const { retired, keys } = orMalformed(() => ({
    retired: parseCheckpoint(`${oldOrigin}\n${size}\n${root}\n`, { extensionLines: 'refuse' }),
    keys: vkeys.map(parseVerifierKey),
  }));
  if (origin === retired.origin) throw malformed('a log does not follow itself');
  if (keys.some(({ name, type }) => name !== origin || type === 'cosignature-v1')) {
    throw malformed('a key is not one of a log of the new origin');
  }
  if (new Set(vkeys).size !== vkeys.length) throw malformed('a key is listed twice');
  return { retired, origin, keys };
}

/**
 * Verifies that a log the reader trusts named its successor. It is the word of whoever holds the old key, a thief
 * included: before a reader adds the new keys to its policy, it compares `retired` with the last head that it, or its
 * witnesses, saw, and asks people.
 * @param logs the reader's own keys
 * @throws ProofError those of `openNote` and `parseSuccessor`; 'log-not-signed' when another log signed
 */
export function verifySuccessor(note: Uint8Array, logs: readonly VerifierKey[]): Successor {
  const { text, signatures } = openNote(note, logs);
  const successor = parseSuccessor(text);
  if (!signatures.some(({ key }) => key.name === successor.retired.origin)) {
    throw new ProofError('log-not-signed', 'the log that ends did not sign the statement of its successor');
  }
  return successor;
}

const VERSION = 'amana-successor/v1';
const MAX_KEYS = 8;

function orMalformed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof ProofError ? malformed(error.message) : error;
  }
}

const malformed = (message: string) => new ProofError('malformed-successor', `the statement is malformed: ${message}`);
