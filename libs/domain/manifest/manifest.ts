import { z } from 'zod';
import {
  AgencyId,
  CHUNK_SIZE_BYTES,
  ExhibitId,
  FileId,
  MAX_SEALED_SIZE_BYTES,
  OfficerId,
  Sha256Hex,
  TeamId,
  UtcInstant,
} from '#domain/evidence';
import { sealedSizeBytes } from '#domain/sealing';
import { Facts } from './facts.js';
import { fileNameFault, fileNameKey } from './file-name.js';
import { line, prose } from './text.js';

/** Files of one exhibit, at most. */
export const MAX_MANIFEST_FILES = 50_000;

const HEX_DIGITS = { md5: 32, sha1: 40, sha256: 64, sha512: 128, 'sha3-256': 64, 'sha3-512': 128, blake3: 64 } as const;
const ALGORITHMS = ['md5', 'sha1', 'sha256', 'sha512', 'sha3-256', 'sha3-512', 'blake3'] as const;

/** A hash that came with the file or was made beside ours, with where it is from: FRE 902(14). */
export const SourcedHash = z
  .strictObject({
    algorithm: z.enum(ALGORITHMS),
    value: z.string().regex(/^[0-9a-f]+$/, 'must be lower-case hexadecimal'),
    /** Which tool, container or list states it. */
    source: line(),
    computedAt: z.union([UtcInstant, z.literal('unknown')]),
  })
  .refine(({ algorithm, value }) => value.length === HEX_DIGITS[algorithm], {
    path: ['value'],
    error: 'has not the length of its algorithm',
  });
export type SourcedHash = z.infer<typeof SourcedHash>;

/** One file of an exhibit: what it is, and what was stored for it. */
export const ManifestFile = z
  .strictObject({
    id: FileId,
    /** Relative path; its UTF-8 is the exact name, unless `nameBase64` has it. */
    name: z.string(),
    nameBase64: z.string().max(8192).exactOptional(),
    mediaType: z
      .string()
      .max(255)
      .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/, 'must be a media type, such as image/jpeg'),
    /** Of the file itself. */
    sizeBytes: z.int().min(0),
    sha256: Sha256Hex,
    hashes: z.array(SourcedHash).max(64),
    /** Of the stored object: age payload nonce and chunks. */
    sealedSizeBytes: z.int().min(32).max(MAX_SEALED_SIZE_BYTES),
    chunkSizeBytes: z.literal(CHUNK_SIZE_BYTES),
    /** Root of the chunk tree over the stored object. */
    chunkTreeRoot: Sha256Hex,
    /** SHA-256 of the stored object's first 16 bytes. */
    payloadNonceSha256: Sha256Hex,
  })
  .superRefine((file, context) => {
    const fault = fileNameFault(file);
    if (fault !== null) context.addIssue({ code: 'custom', path: ['name'], message: fault });
    if (file.sizeBytes >= 0 && file.sealedSizeBytes !== sealedSizeBytes(file.sizeBytes)) {
      context.addIssue({
        code: 'custom',
        path: ['sealedSizeBytes'],
        message: 'is not the size that this many bytes seal to',
      });
    }
    const contradicts = file.hashes.some(({ algorithm, value }) => algorithm === 'sha256' && value !== file.sha256);
    if (contradicts)
      context.addIssue({ code: 'custom', path: ['hashes'], message: 'has another SHA-256 of the same file' });
  });
export type ManifestFile = z.infer<typeof ManifestFile>;

/** The signed statement of what an exhibit is. Never edited: corrected by a successor that names it. */
export const Manifest = z
  .strictObject({
    schema: z.literal('amana-manifest/v1'),
    exhibitId: ExhibitId,
    exhibitNumber: line(100),
    caseNumber: line(100),
    teamId: TeamId.exactOptional(),
    agencyId: AgencyId,
    officerId: OfficerId,
    /** SHA-256 of the exact payload of the manifest that this one corrects. */
    supersedes: Sha256Hex.exactOptional(),
    /** Why it is corrected. */
    reason: prose(2000).exactOptional(),
    facts: Facts,
    files: z.array(ManifestFile).min(1).max(MAX_MANIFEST_FILES),
    /** When the officer's client sealed the files. */
    sealedAt: UtcInstant,
    /** Name and version of what sealed them. */
    software: line(100),
  })
  .superRefine((manifest, context) => {
    const { facts, files } = manifest;
    if (facts.exhibitNumber !== manifest.exhibitNumber) add(['exhibitNumber'], 'is not that of the facts');
    if (facts.caseNumber !== manifest.caseNumber) add(['caseNumber'], 'is not that of the facts');
    if ((manifest.supersedes === undefined) !== (manifest.reason === undefined)) {
      add(['reason'], 'a correction names both the manifest it corrects and why');
    }
    for (const at of repeated(files.map(({ id }) => id))) add(['files', at, 'id'], 'is that of another file');
    for (const at of repeated(files.map(exactName)))
      add(['files', at, 'name'], 'is, byte by byte, that of another file');

    function add(path: (string | number)[], message: string): void {
      context.addIssue({ code: 'custom', path, message });
    }
  });
export type Manifest = z.infer<typeof Manifest>;

function exactName(file: ManifestFile): string {
  return fileNameFault(file) === null ? fileNameKey(file) : `faulty ${file.id}`;
}

/** Where a list has something for a second time. */
function repeated(values: readonly string[]): number[] {
  const seen = new Set<string>();
  return [...values.keys()].filter((at) => seen.size === seen.add(values[at] ?? '').size);
}
