import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { parseCheckpoint } from './checkpoint.js';
import * as ed25519 from './ed25519.js';
import * as mlDsa44 from './ml-dsa-44.js';
import { ProofError } from './proof-error.js';

/**
 * - `ed25519` (0x01): a log signs any note. C2SP signed-note v1.0.0.
 * - `cosignature-v1` (0x04): a witness cosigns a checkpoint, with the time. C2SP tlog-cosignature v1.0.1.
 * - `ml-dsa-44` (0x06): a log or a witness signs a checkpoint, with the time, and nothing but a checkpoint. C2SP
 *   tlog-cosignature v1.1.
 */
export type SignatureType = 'ed25519' | 'cosignature-v1' | 'ml-dsa-44';

/** All that one type of signature differs from another in. */
export interface SignatureScheme {
  /** Before the key material in a written key, and in what a key id is the hash of. */
  readonly typeByte: number;
  readonly algorithm: string;
  readonly seedSizeBytes: number;
  readonly publicKeySizeBytes: number;
  /** Without the time before it. */
  readonly signatureSizeBytes: number;
  /** In UTF-8. Absent: any. */
  readonly maxNameSizeBytes?: number;
  /** Whether eight bytes of time come before the signature and are signed with it. */
  readonly isTimed: boolean;
  readonly publicKeyOf: (seed: Uint8Array) => Uint8Array;
  readonly signerOf: (seed: Uint8Array) => (message: Uint8Array) => Uint8Array;
  /** False for anything malformed; never throws. */
  readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
  /**
   * The bytes to sign for the text of a note.
   * @throws ProofError 'malformed-checkpoint' | 'extension-lines' where the type signs checkpoints alone
   */
  readonly messageOf: (text: string, signerName: string, timestampSeconds: bigint) => Uint8Array;
}

const ED25519 = {
  algorithm: 'Ed25519',
  seedSizeBytes: ed25519.SEED_SIZE_BYTES,
  publicKeySizeBytes: ed25519.PUBLIC_KEY_SIZE_BYTES,
  signatureSizeBytes: ed25519.SIGNATURE_SIZE_BYTES,
  publicKeyOf: ed25519.publicKeyOf,
  signerOf: (seed: Uint8Array) => (message: Uint8Array) => ed25519.signEd25519(seed, message),
  verify: ed25519.verifyEd25519,
};

/** A length of one byte comes before each name in what ML-DSA-44 signs. */
const MAX_VECTOR_SIZE_BYTES = 255;

export const SIGNATURE_SCHEMES: Readonly<Record<SignatureType, SignatureScheme>> = {
  ed25519: {
    ...ED25519,
    typeByte: 0x01,
    isTimed: false,
    messageOf: (text) => utf8ToBytes(text),
  },
  'cosignature-v1': {
    ...ED25519,
    typeByte: 0x04,
    isTimed: true,
    messageOf: (text, _, timestamp) => utf8ToBytes(`cosignature/v1\ntime ${timestamp.toString()}\n${text}`),
  },
  'ml-dsa-44': {
    typeByte: 0x06,
    algorithm: 'ML-DSA-44',
    seedSizeBytes: mlDsa44.SEED_SIZE_BYTES,
    publicKeySizeBytes: mlDsa44.PUBLIC_KEY_SIZE_BYTES,
    signatureSizeBytes: mlDsa44.SIGNATURE_SIZE_BYTES,
    maxNameSizeBytes: MAX_VECTOR_SIZE_BYTES,
    isTimed: true,
    publicKeyOf: mlDsa44.mlDsa44PublicKeyOf,
    signerOf: mlDsa44.mlDsa44SignerOf,
    verify: mlDsa44.verifyMlDsa44,
    messageOf: subtreeMessage,
  },
};

/**
 * `cosigned_message` of a whole tree. It leaves extension lines out, so a text that has any is refused: what nobody
 * signed must not pass for signed. Without them text and message determine each other.
 */
function subtreeMessage(text: string, signerName: string, timestampSeconds: bigint): Uint8Array {
  const { origin, size, root } = parseCheckpoint(text, { extensionLines: 'refuse' });
  return concatBytes(
    utf8ToBytes('subtree/v1\n\0'),
    shortVector(signerName),
    uint64(timestampSeconds),
    shortVector(origin),
    uint64(0n),
    uint64(BigInt(size)),
    root,
  );
}

/** `opaque<1..255>` of RFC 8446 §3.4. */
function shortVector(text: string): Uint8Array {
  const bytes = utf8ToBytes(text);
  if (bytes.length > MAX_VECTOR_SIZE_BYTES) {
    throw new ProofError(
      'malformed-checkpoint',
      `ML-DSA-44 signs no origin of more than ${MAX_VECTOR_SIZE_BYTES} bytes`,
    );
  }
  return concatBytes(Uint8Array.of(bytes.length), bytes);
}

/** Big-endian. */
export function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}
