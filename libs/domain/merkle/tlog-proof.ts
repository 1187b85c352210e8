import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { decodeBase64, encodeBase64 } from './base64.js';
import { MAX_NOTE_SIZE_BYTES } from './note.js';
import { ProofError } from './proof-error.js';
import { defaultSha256, HASH_SIZE_BYTES, requireHash, type Sha256 } from './tree-hash.js';
import { parseDecimal, requireSize } from './tree-shape.js';
import type { CheckpointVerifier, VerifiedCheckpoint } from './verify-checkpoint.js';
import { verifyInclusion } from './verify-proof.js';

/** A proof that an entry is in a log: `.tlog-proof`. Nothing in it is verified: see `verifyTlogProof`. */
export interface TlogProof {
  /** Opaque, and authenticated by nothing. */
  readonly extra?: Uint8Array;
  readonly index: number;
  /** From the leaf's sibling up to the root's child. */
  readonly hashes: readonly Uint8Array[];
  /** The bytes of the signed note. */
  readonly checkpoint: Uint8Array;
}

/** What may come before the checkpoint: 63 hashes and an application's extra data. */
const MAX_HEAD_SIZE_BYTES = 64 * 1024;
const MAX_HASHES = 63;
const VERSION = 'c2sp.org/tlog-proof@v1';

/**
 * C2SP tlog-proof@v1.
 * @throws ProofError 'bad-size' | 'bad-hash' | 'malformed-proof' for what `parseTlogProof` would not read back
 */
export function formatTlogProof({ extra, index, hashes, checkpoint }: TlogProof): Uint8Array {
  requireSize(index);
  hashes.forEach(requireHash);
  const lines = [
    VERSION,
    ...(extra === undefined ? [] : [`extra ${encodeBase64(extra)}`]),
    `index ${index}`,
    ...hashes.map(encodeBase64),
  ];
  const proof = concatBytes(utf8ToBytes(`${lines.join('\n')}\n\n`), checkpoint);
  parseTlogProof(proof);
  return proof;
}

/**
 * Reads a proof, strictly; its size is bounded before anything else. C2SP tlog-proof@v1.
 * @throws ProofError 'malformed-proof'
 */
export function parseTlogProof(proof: Uint8Array): TlogProof {
  if (proof.length > MAX_HEAD_SIZE_BYTES + MAX_NOTE_SIZE_BYTES) throw malformed('too large');
  const split = blankLine(proof);
  if (split < 0) throw malformed('no blank line before the checkpoint');
  const [version, ...lines] = asciiLines(proof.subarray(0, split));
  if (version !== VERSION) throw malformed(`the first line is not ${VERSION}`);
  const extra = lines[0]?.startsWith('extra ') === true ? parseExtra(lines.shift()) : undefined;
  const index = parseDecimal(/^index ([0-9]+)$/.exec(lines.shift() ?? '')?.[1] ?? '');
  if (index === undefined) throw malformed('no index');
  if (lines.length > MAX_HASHES) throw malformed(`more than ${MAX_HASHES} hashes`);
  const hashes = lines.map(parseHash);
  return { ...(extra === undefined ? {} : { extra }), index, hashes, checkpoint: proof.slice(split + 2) };
}

/**
 * Checks that the entry with this leaf hash is in a log the verifier trusts, at the place the proof gives. The
 * checkpoint comes first: its root means nothing until it is verified.
 * @param verify a `checkpointVerifier` of the reader's own policy
 * @throws ProofError 'malformed-proof', those of `verifyCheckpoint` and of `verifyInclusion`
 */
export function verifyTlogProof(
  proof: TlogProof,
  leafHash: Uint8Array,
  verify: CheckpointVerifier,
  sha256: Sha256 = defaultSha256,
): VerifiedCheckpoint {
  const verified = verify(proof.checkpoint);
  const { size, root } = verified.checkpoint;
  verifyInclusion(proof.index, size, leafHash, proof.hashes, root, sha256);
  return verified;
}

function parseExtra(line = ''): Uint8Array {
  const extra = decodeBase64(line.slice('extra '.length));
  if (extra === undefined || extra.length === 0) throw malformed('extra data is base64, or left out');
  return extra;
}

function parseHash(line: string): Uint8Array {
  const hash = decodeBase64(line);
  if (hash?.length !== HASH_SIZE_BYTES) throw malformed('a line of the proof is not base64 of 32 bytes');
  return hash;
}

/** Where the first empty line begins: the head has none, the checkpoint has. */
function blankLine(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0x0a); at >= 0 && at <= MAX_HEAD_SIZE_BYTES; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at + 1] === 0x0a) return at;
  }
  return -1;
}

function asciiLines(bytes: Uint8Array): string[] {
  if (bytes.some((byte) => byte > 0x7e)) throw malformed('not ASCII before the checkpoint');
  return new TextDecoder().decode(bytes).split('\n');
}

const malformed = (message: string) => new ProofError('malformed-proof', `the proof is malformed: ${message}`);
