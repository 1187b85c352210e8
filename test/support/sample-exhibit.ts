import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { RegisterExhibit } from '#domain/contract';
import { CHUNK_SIZE_BYTES, ExhibitId, FileId, PART_SIZE_BYTES } from '#domain/evidence';
import { exampleFacts, Facts, type GeneralJws, type Manifest, signManifest, signerOf } from '#domain/manifest';
import { ChunkTreeBuilder, makeHeader, sealedSizeBytes, sealPayload } from '#domain/sealing';
import type { Answer, ApiClient } from './api-client.js';
import type { TestOfficer } from './directory.js';
import { testAead, testSha256 } from './node-primitives.js';

/** A file as an officer's client has it once it is sealed. */
export interface SampleFile {
  readonly id: FileId;
  readonly name: string;
  readonly plaintext: Uint8Array;
  readonly sealed: Uint8Array;
  readonly fileKey: Uint8Array;
}

export interface SampleExhibit {
  readonly id: ExhibitId;
  readonly files: readonly SampleFile[];
  readonly registration: RegisterExhibit;
  readonly manifest: Manifest;
  /** The manifest signed by the officer. */
  readonly jws: GeneralJws;
}

export interface SampleOptions {
  /** Names and plaintext sizes in bytes; one small file without. */
  readonly files?: readonly { readonly name: string; readonly sizeBytes: number }[];
  readonly number?: string;
  readonly caseNumber?: string;
  readonly teamId?: RegisterExhibit['teamId'];
  readonly supersedes?: { readonly exhibit: SampleExhibit; readonly manifestSha256: string };
  readonly flags?: Facts['flags'];
}

/** Makes an exhibit: random content, really sealed, its manifest really signed. */
export async function sampleExhibit(officer: TestOfficer, options: SampleOptions = {}): Promise<SampleExhibit> {
  const id = ExhibitId.parse(randomUUID());
  const number = options.number ?? `EX-${randomUUID().slice(0, 8)}`;
  const caseNumber = options.caseNumber ?? `CASE-${randomUUID().slice(0, 8)}`;
  const facts = Facts.parse({
    ...exampleFacts('required'),
    exhibitNumber: number,
    caseNumber,
    ...(options.flags && { flags: options.flags }),
  });
  const files = (options.files ?? [{ name: 'report.txt', sizeBytes: 1234 }]).map(sampleFile);
  const team = options.teamId && { teamId: options.teamId };
  const registration: RegisterExhibit = {
    ...{ id, number, caseNumber, facts },
    ...team,
    ...(options.supersedes && { supersedes: options.supersedes.exhibit.id }),
    files: files.map((file) => ({
      id: file.id,
      name: file.name,
      mediaType: 'application/octet-stream',
      sizeBytes: file.plaintext.length,
      sealedSizeBytes: file.sealed.length,
      header: Buffer.from(wrapFileKey(file, officer.agency.keys.recipient)).toString('base64'),
    })),
  };
  const manifest: Manifest = {
    schema: 'amana-manifest/v1',
    exhibitId: id,
    exhibitNumber: number,
    caseNumber,
    ...team,
    agencyId: officer.agency.id,
    officerId: officer.id,
    ...(options.supersedes && { supersedes: options.supersedes.manifestSha256, reason: 'a wrong serial number' }),
    facts,
    files: files.map(manifestFile),
    sealedAt: new Date().toISOString(),
    software: 'amana/test',
  };
  return { id, files, registration, manifest, jws: await signManifest(manifest, await signerOf(officer.signingKey)) };
}

/** An age header that gives the file's key to a recipient. */
export function wrapFileKey({ fileKey }: SampleFile, recipient: string): Uint8Array {
  return makeHeader(fileKey, [recipient], testAead);
}

/** Part `number`, from 1, of a sealed file. */
export function partOf({ sealed }: SampleFile, number: number): Uint8Array {
  return sealed.subarray((number - 1) * PART_SIZE_BYTES, number * PART_SIZE_BYTES);
}

/** All parts of a sealed file with their numbers. */
export function partsOf(file: SampleFile): { number: number; bytes: Uint8Array }[] {
  const count = Math.ceil(file.sealed.length / PART_SIZE_BYTES);
  return Array.from({ length: count }, (_, at) => ({ number: at + 1, bytes: partOf(file, at + 1) }));
}

/** Registers an exhibit, signs its manifest and uploads all of it. @throws Error at the first answer that is not 2xx */
export async function bringIn(client: ApiClient, exhibit: SampleExhibit): Promise<void> {
  mustBeDone(await client.post('/v1/exhibits', exhibit.registration));
  mustBeDone(await client.post(`/v1/exhibits/${exhibit.id}/manifest`, exhibit.jws));
  for (const file of exhibit.files) {
    const parts = partsOf(file);
    for (const { number, bytes } of parts) mustBeDone(await client.putPart(file.id, number, bytes));
    if (parts.length > 1) mustBeDone(await completeUpload(client, file));
  }
}

/** Asks for what the store has of a file, and then to complete just that. */
export async function completeUpload(client: ApiClient, { id }: { id: string }, headers = {}): Promise<Answer> {
  const seen = await client.get(`/v1/uploads/${id}`);
  return client.post(`/v1/uploads/${id}/complete`, {}, { 'if-match': seen.headers.get('etag') ?? '', ...headers });
}

function mustBeDone({ status, json }: { status: number; json: unknown }): void {
  if (status < 200 || status > 299) throw new Error(`the API answered ${status}: ${JSON.stringify(json)}`);
}

function sampleFile({ name, sizeBytes }: { name: string; sizeBytes: number }): SampleFile {
  const plaintext = randomBytes(sizeBytes);
  const fileKey = randomBytes(16);
  const sealer = sealPayload(fileKey, randomBytes(16), testAead);
  const sealed = Buffer.concat([sealer.update(plaintext), sealer.finish()]);
  if (sealed.length !== sealedSizeBytes(sizeBytes)) throw new Error('sealed to another size than foretold');
  return { id: FileId.parse(randomUUID()), name, plaintext, sealed, fileKey };
}

function manifestFile({ id, name, plaintext, sealed }: SampleFile): Manifest['files'][number] {
  const tree = new ChunkTreeBuilder(testSha256);
  tree.update(sealed);
  return {
    ...{ id, name, mediaType: 'application/octet-stream' },
    sizeBytes: plaintext.length,
    sha256: createHash('sha256').update(plaintext).digest('hex'),
    hashes: [],
    sealedSizeBytes: sealed.length,
    chunkSizeBytes: CHUNK_SIZE_BYTES,
    chunkTreeRoot: Buffer.from(tree.finish().root).toString('hex'),
    payloadNonceSha256: createHash('sha256').update(sealed.subarray(0, 16)).digest('hex'),
  };
}
