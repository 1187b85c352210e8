import { z } from 'zod';
import {
  AgencyId,
  CaseId,
  EXHIBIT_STATES,
  ExhibitId,
  FileId,
  MAX_SEALED_SIZE_BYTES,
  OfficerId,
  PART_SIZE_BYTES,
  Sha256Hex,
  TeamId,
  UtcInstant,
  Base64,
} from '#domain/evidence';
import { PageQuery } from './paging.js';

/** Files of one exhibit, at most. */
export const MAX_FILES = 50_000;

/**
 * The most that a registration, a manifest or a grant may have as JSON, in bytes: what 50 000 files with names of some 75 bytes need.
 * Measured: 28.7 MB as a registration, with a key wrapped to two recipients, and 32.7 MB as a signed manifest, which is base64url.
 */
export const LARGE_JSON_LIMIT_BYTES = 32 * 1024 * 1024;

const Name = z.string().min(1).max(4096);

/** A file as announced at registration. Digests come with the manifest, which may be signed after the upload (one pass). */
export const AnnouncedFile = z.strictObject({
  id: FileId,
  name: Name,
  /** Exact bytes of a name that is not UTF-8. */
  nameBase64: Base64.max(6000).optional(),
  mediaType: z.string().max(255),
  sizeBytes: z.int().min(0),
  sealedSizeBytes: z.int().min(32).max(MAX_SEALED_SIZE_BYTES),
  /** age header that wraps the file key to the officer's own agency and its recovery recipient, base64. */
  header: Base64.max(8000),
});
export type AnnouncedFile = z.infer<typeof AnnouncedFile>;

/** POST /v1/exhibits */
export const RegisterExhibit = z.strictObject({
  id: ExhibitId,
  number: z.string().min(1).max(100),
  caseNumber: z.string().min(1).max(100),
  teamId: TeamId.optional(),
  supersedes: ExhibitId.optional(),
  /** The facts of seizure and acquisition, checked by `checkFacts` of the manifest. */
  facts: z.record(z.string(), z.unknown()),
  files: z.array(AnnouncedFile).min(1).max(MAX_FILES),
});
export type RegisterExhibit = z.infer<typeof RegisterExhibit>;

export const FileView = z.object({
  id: FileId,
  name: z.string(),
  nameBase64: z.string().optional(),
  mediaType: z.string(),
  sizeBytes: z.number(),
  sealedSizeBytes: z.number(),
  state: z.enum(['announced', 'uploading', 'stored']),
  sha256: Sha256Hex.nullable(),
  chunkTreeRoot: Sha256Hex.nullable(),
});
export type FileView = z.infer<typeof FileView>;

export const ExhibitView = z.object({
  id: ExhibitId,
  number: z.string(),
  caseId: CaseId,
  caseNumber: z.string(),
  teamId: TeamId.nullable(),
  agencyId: AgencyId,
  agencyName: z.string(),
  agencyState: z.string(),
  officerId: OfficerId,
  state: z.enum(EXHIBIT_STATES),
  fileCount: z.number(),
  sealedSizeBytes: z.number(),
  manifestSha256: Sha256Hex.nullable(),
  registeredAt: UtcInstant,
  sealedAt: UtcInstant.nullable(),
  /** Entity tag for If-Match. */
  version: z.number(),
});
export type ExhibitView = z.infer<typeof ExhibitView>;

/** GET /v1/exhibits, of one number if asked. */
export const ExhibitsQuery = PageQuery.extend({ number: z.string().min(1).max(100).optional() });
export type ExhibitsQuery = z.infer<typeof ExhibitsQuery>;

/** GET /v1/exhibits/:id */
export const ExhibitDetail = ExhibitView.extend({
  facts: z.record(z.string(), z.unknown()),
  /** General JWS of the manifest: the officer's signature and, once sealed, the platform's; null before it is signed. */
  manifest: z.unknown().nullable(),
  files: z.array(FileView),
});
export type ExhibitDetail = z.infer<typeof ExhibitDetail>;

/** POST /v1/exhibits/:id/manifest: the signed manifest, once. Body is the general JWS itself. */
export const SubmitManifest = z.strictObject({
  payload: z.string(),
  signatures: z.array(z.strictObject({ protected: z.string(), signature: z.string() })).length(1),
});
export type SubmitManifest = z.infer<typeof SubmitManifest>;

/** GET /v1/uploads/:fileId: what the store really has. An upload's id is its file's id. */
export const UploadView = z.object({
  fileId: FileId,
  exhibitId: ExhibitId,
  state: z.enum(['announced', 'uploading', 'stored']),
  partSizeBytes: z.literal(PART_SIZE_BYTES),
  sealedSizeBytes: z.number(),
  received: z.array(z.object({ number: z.number(), sizeBytes: z.number() })),
});
export type UploadView = z.infer<typeof UploadView>;

/** GET /v1/uploads?exhibitId=…: in the order of the exhibit's files. */
export const UploadsQuery = PageQuery.extend({ exhibitId: ExhibitId });
export type UploadsQuery = z.infer<typeof UploadsQuery>;

/** PUT /v1/uploads/:fileId/parts/:number, as application/octet-stream with Content-Length and Content-Digest (sha-256). */
export const PartReceived = z.object({
  number: z.number(),
  sizeBytes: z.number(),
  fileState: z.enum(['uploading', 'stored']),
});
export type PartReceived = z.infer<typeof PartReceived>;

/** GET /v1/exhibits/:id/receipt: what the officer keeps. */
export const IntakeReceipt = z.object({
  exhibitId: ExhibitId,
  manifest: z.unknown(),
  sealedEventIndex: z.number(),
  /** c2sp.org/tlog-proof@v1 of the sealing event, its checkpoint within. */
  proof: z.string(),
  event: z.object({ salt: z.string(), body: z.string() }),
});
export type IntakeReceipt = z.infer<typeof IntakeReceipt>;

/** Body of every act that asks for a reason alone. */
export const ReasonBody = z.strictObject({ reason: z.string().min(3).max(2000) });
export type ReasonBody = z.infer<typeof ReasonBody>;
