export { type Correction, type Sealing, describeExhibit, describeFile } from './describe-exhibit.js';
export { type Draft, encodeDraft, fileOfDraft, readDraft } from './draft.js';
export { type ExhibitPlan, type FileSecrets, type NewExhibit, type PlannedFile, planExhibit } from './exhibit-plan.js';
export { InlineEngine, type SealingPrimitives } from './inline-engine.js';
export { type PartDigest, digestPart } from './part-digest.js';
export { PartsInFlight } from './parts-in-flight.js';
export { type FurtherHashers, PlainHashes } from './plain-hashes.js';
export { SealError, type SealErrorCode } from './seal-error.js';
export { PART_ROOM_BYTES, type PartsPlan, sealParts } from './seal-parts.js';
export {
  FURTHER_HASHES,
  type FurtherHash,
  type SealedContent,
  type SealedPart,
  type SealingEngine,
  type SealingJob,
} from './sealing-engine.js';
export type { SourceFile } from './source-file.js';
