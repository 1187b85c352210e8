import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { AnnouncedFile, RegisterExhibit } from '#domain/contract';
import { type AgencyId, CHUNK_SIZE_BYTES, type OfficerId } from '#domain/evidence';
import { Facts, type Manifest, type ManifestFile } from '#domain/manifest';
import { chunkTreeRoot } from '#domain/sealing';
import type { SealedContent } from './sealing-engine.js';

/** Who sealed, when, and with what. */
export interface Sealing {
  readonly agencyId: AgencyId;
  readonly officerId: OfficerId;
  readonly sealedAt: Date;
  /** Name and version. */
  readonly software: string;
}

/** The correction of an earlier manifest: its digest, and why. */
export interface Correction {
  /** SHA-256 of its exact payload, hexadecimal. */
  readonly supersedes: string;
  readonly reason: string;
}

/** What the manifest says of a file that was sealed. */
export function describeFile(
  announced: AnnouncedFile,
  payloadNonce: Uint8Array,
  content: SealedContent,
  { sealedAt, software }: Pick<Sealing, 'sealedAt' | 'software'>,
): ManifestFile {
  const computedAt = sealedAt.toISOString();
  return {
    id: announced.id,
    name: announced.name,
    ...(announced.nameBase64 !== undefined && { nameBase64: announced.nameBase64 }),
    mediaType: announced.mediaType,
    sizeBytes: content.sizeBytes,
    sha256: bytesToHex(content.sha256),
    hashes: Object.entries(content.furtherHashes).map(([algorithm, value]) => ({
      algorithm: algorithm as keyof typeof content.furtherHashes,
      value: bytesToHex(value),
      source: software,
      computedAt,
    })),
    sealedSizeBytes: content.sealedSizeBytes,
    chunkSizeBytes: CHUNK_SIZE_BYTES,
    chunkTreeRoot: bytesToHex(chunkTreeRoot(content.leafHashes, content.sealedSizeBytes)),
    payloadNonceSha256: bytesToHex(sha256(payloadNonce)),
  };
}

/** The manifest of a registered exhibit, to be signed. */
export function describeExhibit(
  registration: RegisterExhibit,
  files: readonly ManifestFile[],
  { agencyId, officerId, sealedAt, software }: Sealing,
  correction?: Correction,
): Manifest {
  return {
    schema: 'amana-manifest/v1',
    exhibitId: registration.id,
    exhibitNumber: registration.number,
    caseNumber: registration.caseNumber,
    ...(registration.teamId !== undefined && { teamId: registration.teamId }),
    agencyId,
    officerId,
    ...correction,
    facts: Facts.parse(registration.facts),
    files: [...files],
    sealedAt: sealedAt.toISOString(),
    software,
  };
}
