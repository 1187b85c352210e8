import { createHash } from 'node:crypto';
import type { CustodyStatement } from '#domain/custody';
import { CHUNK_SIZE_BYTES, type FileId } from '#domain/evidence';
import {
  Facts,
  addSeal,
  canonicalJson,
  exampleFacts,
  objectVersionsSha256,
  publicJwkOf,
  sealedCounts,
  signManifest,
  signerOf,
  type GeneralJws,
  type Manifest,
  type ManifestFile,
} from '#domain/manifest';
import {
  buildPackage,
  fileHeadersSha256,
  type PackageContent,
  type PackagedEvent,
  type PackagedFile,
  type RecordLine,
} from '#domain/package';
import { ChunkTreeBuilder, makeHeader, recipientOf, sealPayload, sealedSizeBytes } from '#domain/sealing';
import {
  GOLDEN_IDS,
  agencyStatement,
  goldenKeys,
  identity,
  officerCertificate,
  seededBytes,
  type GoldenKeys,
} from './golden-keys.js';
import { GoldenLog, appendAll } from './golden-log.js';
import { MemoryPackage, nodeHashers } from './memory-package.js';
import { nobleAead } from './noble-aead.js';

/** What a court package is made of, and what it takes to make another of it. */
export interface Golden {
  readonly content: Omit<PackageContent, 'events'> & { readonly events: readonly PackagedEvent[] };
  readonly keys: GoldenKeys;
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  readonly statements: readonly CustodyStatement[];
  readonly lines: readonly RecordLine[];
  readonly log: GoldenLog;
  readonly plaintexts: readonly Plaintext[];
  /** age identity that opens the evidence. */
  readonly identity: string;
}

export interface Plaintext {
  readonly id: FileId;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What may be other than in the golden package. */
export interface Changes {
  readonly keys?: GoldenKeys;
  readonly manifest?: (manifest: Manifest) => Manifest;
  readonly statements?: (statements: CustodyStatement[]) => CustodyStatement[];
  readonly plaintexts?: readonly Plaintext[];
}

const PLAINTEXTS: readonly Plaintext[] = [
  { id: GOLDEN_IDS.photograph, name: 'صور/تقرير ١.jpg', bytes: seededBytes('photograph', CHUNK_SIZE_BYTES + 70_001) },
  { id: GOLDEN_IDS.empty, name: 'empty.txt', bytes: new Uint8Array(0) },
];

/**
 * A court package made by the domain code alone, the same to the last bit each time: a photograph with an Arabic name, of more than
 * one chunk, and an empty file; sealed, stored, shared and exported.
 */
export async function makeGolden(changes: Changes = {}): Promise<Golden> {
  const keys = changes.keys ?? goldenKeys();
  const plaintexts = changes.plaintexts ?? PLAINTEXTS;
  const sealed = plaintexts.map(sealFile);
  const files = sealed.map(({ file }) => file);
  const { manifest, jws } = await signedManifest(keys, files, changes.manifest);
  const manifestSha256 = sha256Hex(canonicalJson(manifest));
  const headersSha256 = headersDigest(sealed.map(({ packaged }) => packaged));
  const statements = goldenStatements({ manifestSha256, headersSha256, jws }, plaintexts);
  const changed = changes.statements?.(statements) ?? statements;
  const lines = appendAll(changed);
  const log = new GoldenLog(lines);
  const checkpoint = log.checkpoint(keys.log);
  const content: Golden['content'] = {
    manifest: jws,
    files: sealed.map(({ packaged }) => packaged),
    events: await log.packaged(lines, checkpoint),
    checkpoint,
    timestamps: null,
    logKey: keys.log.verifier,
    keys: {
      officerCertificate: await officerCertificate(keys),
      agencyStatement: await agencyStatement(keys),
      agreements: [],
      platform: publicJwkOf(keys.platform),
    },
    software: 'amana 0.1.0',
  };
  return {
    content,
    keys,
    manifest,
    manifestSha256,
    statements: changed,
    lines,
    log,
    plaintexts,
    identity: identity('court'),
  };
}

/** Writes a package of this content. */
export async function packageOf(content: PackageContent): Promise<MemoryPackage> {
  const written = new MemoryPackage();
  await buildPackage(content, written, nodeHashers);
  return written;
}

function sealFile({ id, name, bytes }: Plaintext): { file: ManifestFile; packaged: PackagedFile } {
  const fileKey = seededBytes(`key ${id}`, 16);
  const sealer = sealPayload(fileKey, seededBytes(`nonce ${id}`, 16), nobleAead);
  const object = new Uint8Array(Buffer.concat([sealer.update(bytes), sealer.finish()]));
  const tree = new ChunkTreeBuilder(nodeHashers.sha256);
  tree.update(object);
  const ephemeral = (sizeBytes: number) => seededBytes(`ephemeral ${id}`, sizeBytes);
  return {
    file: {
      id,
      name,
      mediaType: 'application/octet-stream',
      sizeBytes: bytes.length,
      sha256: sha256Hex(bytes),
      hashes: [],
      sealedSizeBytes: sealedSizeBytes(bytes.length),
      chunkSizeBytes: CHUNK_SIZE_BYTES,
      chunkTreeRoot: Buffer.from(tree.finish().root).toString('hex'),
      payloadNonceSha256: sha256Hex(object.subarray(0, 16)),
    },
    packaged: {
      fileId: id,
      header: makeHeader(fileKey, [recipientOf(identity('court'))], nobleAead, ephemeral),
      payload: async function* () {
        for (let at = 0; at < object.length; at += 500_000) yield object.subarray(at, at + 500_000);
      },
    },
  };
}

async function signedManifest(
  keys: GoldenKeys,
  files: ManifestFile[],
  change: (manifest: Manifest) => Manifest = (manifest) => manifest,
): Promise<{ manifest: Manifest; jws: GeneralJws }> {
  const facts = Facts.parse(exampleFacts('all'));
  const manifest = change({
    schema: 'amana-manifest/v1',
    exhibitId: GOLDEN_IDS.exhibit,
    exhibitNumber: facts.exhibitNumber,
    caseNumber: facts.caseNumber,
    agencyId: GOLDEN_IDS.agency,
    officerId: GOLDEN_IDS.officer,
    facts,
    files,
    sealedAt: '2026-11-20T16:00:00.000Z',
    software: 'amana 0.1.0',
  });
  const seal = {
    sealedAt: '2026-11-20T16:05:00.000Z',
    objectVersionsSha256: objectVersionsSha256(files.map(({ id }) => ({ fileId: id, versionId: `version of ${id}` }))),
    verified: sealedCounts(manifest),
  };
  const signed = await signManifest(manifest, await signerOf(keys.officer));
  return { manifest, jws: await addSeal(signed, seal, await signerOf(keys.platform)) };
}

/** As the event of an export has it. */
function headersDigest(files: readonly PackagedFile[]): string {
  return fileHeadersSha256(files.map(({ fileId, header }) => ({ fileId, headerSha256: sha256Hex(header) })));
}

interface Stated {
  readonly manifestSha256: string;
  readonly headersSha256: string;
  readonly jws: GeneralJws;
}

function goldenStatements(
  { manifestSha256, headersSha256, jws: { signatures } }: Stated,
  files: readonly Plaintext[],
): CustodyStatement[] {
  const officer = {
    kind: 'officer' as const,
    officerId: GOLDEN_IDS.officer,
    agencyId: GOLDEN_IDS.agency,
    role: 'investigator' as const,
  };
  const prosecutor = {
    kind: 'officer' as const,
    officerId: GOLDEN_IDS.prosecutor,
    agencyId: GOLDEN_IDS.otherAgency,
    role: 'prosecutor' as const,
  };
  const said = (statement: Pick<CustodyStatement, 'kind'> & Partial<CustodyStatement>): CustodyStatement => ({
    chain: { kind: 'case', id: GOLDEN_IDS.case },
    exhibitId: GOLDEN_IDS.exhibit,
    actor: officer,
    result: 'done',
    ...statement,
  });
  return [
    said({ kind: 'exhibit-registered' }),
    ...files.map(({ id }) => said({ kind: 'file-stored', object: { fileId: id, versionId: `version of ${id}` } })),
    said({
      kind: 'manifest-signed',
      hashAfter: manifestSha256,
      signature: signatures[0]!.signature,
      detail: { signedBy: GOLDEN_IDS.officer },
    }),
    said({ kind: 'exhibit-stored', hashAfter: manifestSha256 }),
    said({
      kind: 'exhibit-sealed',
      hashAfter: manifestSha256,
      actor: { kind: 'platform', component: 'worker' },
      signature: signatures[1]!.signature,
    }),
    said({ kind: 'access-refused', actor: prosecutor, result: 'refused', reason: 'لا يوجد إذن' }),
    said({
      kind: 'package-exported',
      actor: prosecutor,
      purpose: 'trial 12/2026',
      hashAfter: manifestSha256,
      detail: { headersSha256 },
    }),
  ];
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
