import { decodeBase64, encodeBase64 } from './base64.js';
import { ProofError } from './proof-error.js';
import { HASH_SIZE_BYTES, requireHash } from './tree-hash.js';
import { parseDecimal, requireSize } from './tree-shape.js';
import type { TreeHead } from './verify-proof.js';

/** The head of a log, as its signed note states it. */
export interface Checkpoint extends TreeHead {
  /** Which log: for ours the name of its key. */
  readonly origin: string;
}

/**
 * `origin\nsize\nbase64 root\n`, the text to sign: no extension lines. C2SP tlog-checkpoint v1.0.0.
 * @throws ProofError
 */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  requireSize(size);
  requireHash(root);
  if (!/^[^\x00-\x1f]+$/.test(origin)) throw malformed('an origin is one line, not empty');
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/**
 * Reads the text of a checkpoint. Extension lines are opaque and, where accepted, left out of the result; nobody audits
 * them, so a verifier of our own logs refuses them. C2SP tlog-checkpoint v1.0.0.
 * @throws ProofError 'malformed-checkpoint' | 'extension-lines'
 */
export function parseCheckpoint(
  text: string,
  { extensionLines = 'accept' }: { extensionLines?: 'accept' | 'refuse' } = {},
): Checkpoint {
  if (!text.endsWith('\n')) throw malformed('the last line does not end');
  const [origin = '', sizeLine = '', rootLine = '', ...extensions] = text.slice(0, -1).split('\n');
  const size = parseDecimal(sizeLine);
  const root = decodeBase64(rootLine);
  if (origin === '') throw malformed('no origin');
  if (size === undefined) throw malformed('no size');
  if (root?.length !== HASH_SIZE_BYTES) throw malformed('no root');
  if (extensions.includes('')) throw malformed('an empty extension line');
  if (extensions.length > 0 && extensionLines === 'refuse') {
    throw new ProofError('extension-lines', 'the checkpoint has extension lines');
  }
  return { origin, size, root };
}

const malformed = (message: string) =>
  new ProofError('malformed-checkpoint', `the checkpoint is malformed: ${message}`);
