export { TAG_SIZE_BYTES, type Aead } from './aead.js';
export {
  ChunkChecker,
  ChunkTreeBuilder,
  checkChunks,
  chunkTreeRoot,
  decodeLeafHashes,
  encodeLeafHashes,
  type ChunkHasher,
  type ChunkTree,
} from './chunk-tree.js';
export { FILE_KEY_SIZE_BYTES } from './file-key.js';
export { parseHeader, type ParsedHeader, type Stanza } from './header-format.js';
export { makeHeader, openHeader } from './header.js';
export { newIdentity, parseIdentity, parseRecipient, recipientOf } from './keys.js';
export { PayloadOpener, openPayload, type PayloadRange } from './open-payload.js';
export {
  PAYLOAD_CHUNK_SIZE_BYTES,
  PAYLOAD_NONCE_SIZE_BYTES,
  SEALED_PAYLOAD_CHUNK_SIZE_BYTES,
  payloadChunkOffsetBytes,
  payloadKey,
  plainSizeBytes,
  sealedSizeBytes,
} from './payload-format.js';
export { PayloadSealer, sealPayload } from './seal-payload.js';
export { SealingError, type SealingErrorCode } from './sealing-error.js';
