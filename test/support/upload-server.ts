import { createHash, randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import { testAead, testFurtherHashes, testSha256 } from './node-primitives.js';
import type { Api, OutgoingPart } from '#client/api';
import { type Draft, InlineEngine, type SealedPart, type SourceFile, digestPart, planExhibit } from '#client/seal';
import {
  type JournalEntry,
  type UploadState,
  encodeEntry,
  openSecrets,
  readJournal,
  sealAndUpload,
  sealSecrets,
} from '#client/upload';
import type { ExhibitView, RegisterExhibit, UploadView } from '#domain/contract';
import { AgencyId, type ExhibitId, type FileId, OfficerId, PART_SIZE_BYTES, partCount } from '#domain/evidence';
import { checkFacts, exampleFacts, newSigningKey, publicJwkOf, signerOf, verifyManifest } from '#domain/manifest';
import { newIdentity, openHeader, openPayload, recipientOf } from '#domain/sealing';

const agencyIdentity = newIdentity();
export const officerIdentity = newIdentity();
const signingKey = await newSigningKey();
const officer = await signerOf(signingKey);
export const keyOf = () => publicJwkOf(signingKey);
const engine = new InlineEngine({ aead: testAead, sha256: testSha256, further: testFurtherHashes });

/** What the API keeps of one exhibit, and the ways it may fail a client. */
export class UploadServer {
  readonly files = new Map<
    FileId,
    { sealedSizeBytes: number; state: UploadView['state']; parts: Map<number, Uint8Array> }
  >();
  registration: RegisterExhibit | undefined;
  manifest: unknown;
  partsTaken = 0;
  /** Fails the client at this many parts from now, after or before it has kept the part. */
  failure: { after: number; kept: boolean } | undefined;

  readonly api: Pick<Api, 'exhibits' | 'uploads'> = {
    exhibits: {
      register: async (json: RegisterExhibit) => {
        if (this.registration) expect(json).toEqual(this.registration);
        this.registration ??= json;
        for (const { id, sealedSizeBytes } of json.files) {
          if (!this.files.has(id)) this.files.set(id, { sealedSizeBytes, state: 'announced', parts: new Map() });
        }
        return {} as ExhibitView;
      },
      submitManifest: async (_id: ExhibitId, json: unknown) => {
        if (this.manifest !== undefined) expect(json).toEqual(this.manifest);
        this.manifest = json;
        return { state: 'stored' } as ExhibitView;
      },
    } as unknown as Api['exhibits'],
    uploads: {
      ofExhibit: () => this.#views(),
      putPart: (part: OutgoingPart) => this.#take(part),
      complete: async (fileId: FileId) => {
        const file = this.files.get(fileId)!;
        expect([...file.parts.keys()].sort((a, b) => a - b)).toEqual(
          Array.from({ length: partCount(file.sealedSizeBytes) }, (_, at) => at + 1),
        );
        file.state = 'stored';
        return {} as UploadView;
      },
    } as unknown as Api['uploads'],
  };

  object(id: FileId): Buffer {
    const parts = [...this.files.get(id)!.parts].sort(([a], [b]) => a - b);
    return Buffer.concat(parts.map(([, bytes]) => bytes));
  }

  async *#views(): AsyncGenerator<UploadView> {
    for (const [fileId, { sealedSizeBytes, state, parts }] of this.files) {
      const received = [...parts].map(([number, { length }]) => ({ number, sizeBytes: length }));
      yield await Promise.resolve({
        fileId,
        exhibitId: this.registration!.id,
        state,
        partSizeBytes: PART_SIZE_BYTES,
        sealedSizeBytes,
        received,
      });
    }
  }

  async #take({ fileId, number, bytes, sha256Base64 }: OutgoingPart) {
    await new Promise((resolve) => setImmediate(resolve));
    expect(createHash('sha256').update(bytes).digest('base64')).toBe(sha256Base64);
    const fails = this.failure !== undefined && this.failure.after-- === 0;
    if (!fails || this.failure?.kept === true) {
      const file = this.files.get(fileId)!;
      expect(file.parts.has(number)).toBe(false);
      file.parts.set(number, new Uint8Array(bytes));
      file.state = partCount(file.sealedSizeBytes) === 1 ? 'stored' : 'uploading';
      this.partsTaken += 1;
    }
    if (fails) throw new Error('killed');
    return { number, sizeBytes: bytes.length, fileState: 'uploading' as const };
  }
}

export function sourceOf(name: string, content: Uint8Array): SourceFile & { content: Uint8Array } {
  return {
    name,
    mediaType: 'application/octet-stream',
    sizeBytes: content.length,
    content,
    async *read() {
      for (let at = 0; at < this.content.length; at += 1 << 20)
        yield await Promise.resolve(this.content.subarray(at, at + (1 << 20)));
    },
  };
}

export function prepared(sources: SourceFile[]) {
  const facts = checkFacts(exampleFacts('all'));
  if (!facts.ok) throw new Error('the example is not right');
  const plan = planExhibit(
    { facts: facts.facts, sources, recipients: [recipientOf(agencyIdentity), recipientOf(newIdentity())] },
    testAead,
  );
  const secrets = sealSecrets(
    plan.files.map((file) => file.secrets),
    recipientOf(officerIdentity),
    testAead,
  );
  const lines: string[] = [];
  const begun: JournalEntry = {
    kind: 'begun',
    schema: 'amana-upload-journal/v1',
    registration: plan.registration,
    sources: sources.map(({ name, sizeBytes }) => ({ path: name, sizeBytes })),
    secrets,
  };
  lines.push(encodeEntry(begun));
  const journal = { append: async (entry: JournalEntry) => void lines.push(encodeEntry(entry)) };
  return { plan, lines, journal };
}

const sealing = (sealedAt: Date) => ({
  agencyId: AgencyId.parse('0b9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d10'),
  officerId: OfficerId.parse('1b9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d10'),
  sealedAt,
  software: 'amana-cli test',
});

export function go(
  server: UploadServer,
  { plan, journal }: ReturnType<typeof prepared>,
  before: UploadState,
  sources: SourceFile[],
) {
  const keys = openSecrets(before.beginning.secrets, officerIdentity, testAead);
  const files = plan.registration.files.map((announced, at) => ({
    announced,
    source: sources[at]!,
    secrets: keys[at]!,
  }));
  let advanced = 0;
  const tools = {
    engine,
    api: server.api,
    journal,
    now: () => new Date('2026-11-24T21:00:00.000Z'),
    progress: { advance: (bytes: number) => void (advanced += bytes) },
  };
  const exhibit = {
    registration: before.beginning.registration,
    files,
    furtherHashes: ['md5'] as const,
    officer,
    sealing,
  };
  const result = server.api.exhibits.register(exhibit.registration).then(() => sealAndUpload(exhibit, before, tools));
  return { result, advanced: () => advanced };
}

export async function expectWhole(server: UploadServer, sources: { content: Uint8Array }[]): Promise<void> {
  const { manifest } = await verifyManifest(server.manifest, keyOf);
  for (const [at, file] of manifest.files.entries()) {
    const object = server.object(file.id);
    const fileKey = openHeader(
      Buffer.from(server.registration!.files[at]!.header, 'base64'),
      [agencyIdentity],
      testAead,
    );
    const opener = openPayload(fileKey, testAead);
    const plain = Buffer.concat([opener.update(object), opener.finish()]);
    expect(plain.equals(sources[at]!.content)).toBe(true);
    expect(file.sha256).toBe(createHash('sha256').update(plain).digest('hex'));
    expect(file.hashes.map(({ value }) => value)).toEqual([createHash('md5').update(plain).digest('hex')]);
  }
}

export async function sealedDraft() {
  const sources = [sourceOf('a', randomBytes(40_000_000)), sourceOf('صورة.jpg', randomBytes(99))];
  const server = new UploadServer();
  const exhibit = prepared(sources);
  await go(server, exhibit, readJournal(exhibit.lines.join('')), sources).result;
  const jws = server.manifest as Draft['jws'];
  const { manifest } = await verifyManifest(jws, keyOf);
  const draft: Draft = { registration: exhibit.plan.registration, manifest, jws };
  return { draft, sources, objects: new Map(manifest.files.map(({ id }) => [id, server.object(id)])) };
}

export function draftFiles(objects: ReadonlyMap<FileId, Uint8Array>) {
  return {
    async parts(file: { id: FileId }, take: (part: SealedPart) => Promise<void>) {
      const object = objects.get(file.id)!;
      for (let at = 0, number = 1; at < object.length; at += PART_SIZE_BYTES, number += 1) {
        const bytes = object.subarray(at, at + PART_SIZE_BYTES);
        await take({ number, bytes, ...digestPart(bytes, testSha256) });
      }
    },
  };
}
