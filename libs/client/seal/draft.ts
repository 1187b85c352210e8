import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { RegisterExhibit } from '#domain/contract';
import { type FileId, Sha256Hex } from '#domain/evidence';
import {
  type GeneralJws,
  type Manifest,
  ManifestError,
  type ManifestFile,
  type PublicJwk,
  canonicalJson,
  parseStrictJson,
  verifyManifest,
} from '#domain/manifest';
import { SealError } from './seal-error.js';

/** An exhibit sealed offline: all that an upload needs but the sealed files, which lie beside it. */
export interface Draft {
  readonly registration: RegisterExhibit;
  readonly manifest: Manifest;
  /** The manifest as signed. */
  readonly jws: GeneralJws;
}

const DraftFile = z.strictObject({
  schema: z.literal('amana-draft/v1'),
  registration: RegisterExhibit,
  /** Over the canonical JSON of the registration, which nothing else signs whole. */
  registrationSha256: Sha256Hex,
  manifest: z.strictObject({
    payload: z.string(),
    signatures: z.array(z.strictObject({ protected: z.string(), signature: z.string() })).length(1),
  }),
});

/** The bytes of a draft's `draft.json`: canonical JSON, so that none of them can change unnoticed. */
export function encodeDraft({ registration, jws }: Pick<Draft, 'registration' | 'jws'>): Uint8Array {
  return canonicalJson({
    schema: 'amana-draft/v1',
    registration,
    registrationSha256: bytesToHex(sha256(canonicalJson(registration))),
    manifest: jws,
  });
}

/**
 * Reads and checks a `draft.json`: that it is whole, that the officer signed its manifest, and that it would be registered as
 * what the manifest says.
 *
 * @param keyOf the officer's key with this id
 * @throws SealError 'draft-corrupt'; ManifestError 'unknown-key' when another officer sealed it
 */
export async function readDraft(
  bytes: Uint8Array,
  keyOf: (kid: string, manifest: Manifest) => PublicJwk | undefined,
): Promise<Draft> {
  const { registration, registrationSha256, manifest: jws } = parseDraft(bytes);
  if (bytesToHex(sha256(canonicalJson(registration))) !== registrationSha256) {
    throw corrupt('the registration is not the one that was written');
  }
  try {
    const { manifest } = await verifyManifest(jws, keyOf);
    requireSame(registration, manifest);
    return { registration, manifest, jws };
  } catch (cause) {
    if (!(cause instanceof ManifestError) || cause.code === 'unknown-key') throw cause;
    throw corrupt(`the manifest: ${cause.message}`);
  }
}

/** What a draft's manifest says of a file. */
export function fileOfDraft({ manifest }: Draft, fileId: FileId): ManifestFile {
  const file = manifest.files.find(({ id }) => id === fileId);
  if (file === undefined) throw corrupt(`the manifest does not name the file ${fileId}`);
  return file;
}

function parseDraft(bytes: Uint8Array): z.infer<typeof DraftFile> {
  let value: unknown;
  try {
    value = parseStrictJson(bytes);
  } catch (cause) {
    throw corrupt(cause instanceof Error ? cause.message : 'not JSON');
  }
  const parsed = DraftFile.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw corrupt(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}`);
  }
  const canonical = canonicalJson(value);
  if (canonical.length !== bytes.length || canonical.some((byte, at) => byte !== bytes[at])) {
    throw corrupt('not the bytes that were written');
  }
  return parsed.data;
}

function requireSame(registration: RegisterExhibit, manifest: Manifest): void {
  const registered = {
    exhibitId: registration.id,
    exhibitNumber: registration.number,
    caseNumber: registration.caseNumber,
    teamId: registration.teamId,
    facts: registration.facts,
  };
  for (const [name, value] of Object.entries(registered)) {
    if (!sameJson(value, manifest[name as keyof typeof registered])) throw corrupt(`the manifest has another ${name}`);
  }
  if (registration.files.length !== manifest.files.length) throw corrupt('the manifest has not the same files');
  for (const [at, { header: _header, ...announced }] of registration.files.entries()) {
    const { id, name, nameBase64, mediaType, sizeBytes, sealedSizeBytes } = manifest.files[at] ?? {};
    const stated = { id, name, ...(nameBase64 !== undefined && { nameBase64 }), mediaType, sizeBytes, sealedSizeBytes };
    if (!sameJson(announced, stated)) throw corrupt(`the manifest says another thing of the file ${announced.id}`);
  }
}

function sameJson(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  const decoder = new TextDecoder();
  return decoder.decode(canonicalJson(a)) === decoder.decode(canonicalJson(b));
}

function corrupt(why: string): SealError {
  return new SealError('draft-corrupt', `the draft was altered or damaged: ${why}`, 'draft.json');
}
