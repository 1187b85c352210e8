import { base64 } from '@scure/base';
import type { AnnouncedFile, RegisterExhibit } from '#domain/contract';
import { ExhibitId, FileId, type TeamId } from '#domain/evidence';
import type { Facts } from '#domain/manifest';
import { type Aead, FILE_KEY_SIZE_BYTES, PAYLOAD_NONCE_SIZE_BYTES, makeHeader, sealedSizeBytes } from '#domain/sealing';
import type { SourceFile } from './source-file.js';

/** What one file is sealed with. It never leaves the client but wrapped. */
export interface FileSecrets {
  readonly fileKey: Uint8Array;
  readonly payloadNonce: Uint8Array;
}

export interface PlannedFile {
  readonly source: SourceFile;
  readonly announced: AnnouncedFile;
  readonly secrets: FileSecrets;
}

/** An exhibit before its first byte is sealed: what will be registered, and the keys. */
export interface ExhibitPlan {
  readonly registration: RegisterExhibit;
  readonly files: readonly PlannedFile[];
}

export interface NewExhibit {
  readonly facts: Facts;
  readonly teamId?: TeamId | undefined;
  /** The exhibit that this one corrects. */
  readonly supersedes?: ExhibitId | undefined;
  readonly sources: readonly SourceFile[];
  /** The own agency's, and its recovery recipient. */
  readonly recipients: readonly string[];
}

/**
 * Gives an exhibit and its files their ids and keys.
 *
 * @param random secure randomness
 * @throws SealingError 'bad-recipient'
 */
export function planExhibit(
  { facts, teamId, supersedes, sources, recipients }: NewExhibit,
  aead: Aead,
  random: (sizeBytes: number) => Uint8Array = randomBytes,
): ExhibitPlan {
  const files = sources.map((source): PlannedFile => {
    const secrets = { fileKey: random(FILE_KEY_SIZE_BYTES), payloadNonce: random(PAYLOAD_NONCE_SIZE_BYTES) };
    const announced: AnnouncedFile = {
      id: FileId.parse(crypto.randomUUID()),
      name: source.name,
      ...(source.nameBase64 !== undefined && { nameBase64: source.nameBase64 }),
      mediaType: source.mediaType,
      sizeBytes: source.sizeBytes,
      sealedSizeBytes: sealedSizeBytes(source.sizeBytes),
      header: base64.encode(makeHeader(secrets.fileKey, recipients, aead, random)),
    };
    return { source, announced, secrets };
  });
  const registration: RegisterExhibit = {
    id: ExhibitId.parse(crypto.randomUUID()),
    number: facts.exhibitNumber,
    caseNumber: facts.caseNumber,
    ...(teamId !== undefined && { teamId }),
    ...(supersedes !== undefined && { supersedes }),
    facts,
    files: files.map(({ announced }) => announced),
  };
  return { registration, files };
}

function randomBytes(sizeBytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(sizeBytes));
}
