export { ProofError, type ProofErrorCode } from './proof-error.js';

export { emptyRoot, leafHash, nodeHash, rootOf, type Sha256 } from './tree-hash.js';
export { RightEdge, type SubtreeCompleted } from './right-edge.js';
export { verifyConsistency, verifyGrowth, verifyInclusion, type TreeHead } from './verify-proof.js';

export {
  entryBundlePath,
  parseTilePath,
  tilePath,
  TILE_WIDTH,
  type EntryBundleRef,
  type LogResource,
  type TileRef,
} from './tile-path.js';
export { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.js';
export { growTree, partialTiles, tilesOfGrowth, tileWidth, type Growth, type Tile } from './tree-growth.js';
export type { HashReader } from './tile-reader.js';
export { proveConsistency, proveInclusion, rootFromTiles } from './prove.js';
export { edgeFromTiles } from './edge-from-tiles.js';
export { checkLog, type CheckedStretch, type LogFault, type LogSource } from './check-log.js';

export {
  formatSigningKey,
  formatVerifierKey,
  parseSigningKey,
  parseVerifierKey,
  signingKey,
  verifierKey,
  type SigningKey,
  type VerifierKey,
} from './note-key.js';
export type { SignatureType } from './signature-scheme.js';
export {
  formatNote,
  MAX_NOTE_SIGNATURES,
  MAX_NOTE_SIZE_BYTES,
  parseNote,
  parseSignatureLines,
  type NoteSignature,
  type SignedNote,
} from './note.js';
export { cosignNote, openNote, signNote, type OpenedNote, type VerifiedSignature } from './note-signature.js';

export { formatCheckpoint, parseCheckpoint, type Checkpoint } from './checkpoint.js';
export { formatLogPolicy, quorumThreshold, type Witnessing, type WitnessOperator } from './format-log-policy.js';
export {
  isQuorumMet,
  parseClaimedPolicy,
  parseLogPolicy,
  type ClaimedPolicy,
  type LogPolicy,
  type PolicyLog,
  type PolicyWitness,
  type Quorum,
} from './log-policy.js';
export {
  checkpointVerifier,
  verifyCheckpoint,
  type CheckpointVerifier,
  type VerifiedCheckpoint,
} from './verify-checkpoint.js';
export { formatTlogProof, parseTlogProof, verifyTlogProof, type TlogProof } from './tlog-proof.js';

export { formatSuccessor, parseSuccessor, verifySuccessor, type Successor } from './successor.js';
export { formatConflict, parseConflict, type Conflict, type ConflictingPrefix } from './conflict.js';
export { proveConflict, verifyConflict, type SignedHead, type VerifiedConflict } from './verify-conflict.js';
