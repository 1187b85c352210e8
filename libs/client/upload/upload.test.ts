import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { testAead, testFurtherHashes, testSha256 } from '../../../test/support/node-primitives.js';
import type { Api, OutgoingPart } from '#client/api';
import {
  type Draft,
  InlineEngine,
  type SealedPart,
  type SourceFile,
  digestPart,
  encodeDraft,
  planExhibit,
  readDraft,
} from '#client/seal';
import type { ExhibitView, RegisterExhibit, UploadView } from '#domain/contract';
import { AgencyId, ExhibitId, type FileId, OfficerId, PART_SIZE_BYTES, partCount } from '#domain/evidence';
import { checkFacts, exampleFacts, newSigningKey, publicJwkOf, signerOf, verifyManifest } from '#domain/manifest';
import { newIdentity, openHeader, openPayload, recipientOf } from '#domain/sealing';
import {
  type JournalEntry,
  type UploadState,
  encodeEntry,
  openSecrets,
  readJournal,
  sealSecrets,
} from './upload-journal.js';
import { sealAndUpload } from './seal-and-upload.js';
import { uploadDraft } from './upload-draft.js';

const agencyIdentity = newIdentity();
const officerIdentity = newIdentity();
const signingKey = await newSigningKey();
const officer = await signerOf(signingKey);
const keyOf = () => publicJwkOf(signingKey);
const engine = new InlineEngine({ aead: testAead, sha256: testSha256, further: testFurtherHashes });

/** What the API keeps of one exhibit, and the ways it may fail a client. */
class Server {
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

function sourceOf(name: string, content: Uint8Array): SourceFile & { content: Uint8Array } {
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

function prepared(sources: SourceFile[]) {
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

function go(
  server: Server,
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

async function expectWhole(server: Server, sources: { content: Uint8Array }[]): Promise<void> {
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

describe('sealing and uploading in one pass', () => {
  it('stores what was read, whatever its size, under a manifest that the officer signed', async () => {
    const sources = [0, 1, 65_536, PART_SIZE_BYTES - 4112, PART_SIZE_BYTES, 40_000_000].map((size, at) =>
      sourceOf(`f${at}`, randomBytes(size)),
    );
    const server = new Server();
    const exhibit = prepared(sources);
    const { result, advanced } = go(server, exhibit, readJournal(exhibit.lines.join('')), sources);
    await result;
    await expectWhole(server, sources);
    expect(advanced()).toBe(
      exhibit.plan.registration.files.reduce((sum, { sealedSizeBytes }) => sum + sealedSizeBytes, 0),
    );
  });

  it.each([
    [0, false],
    [0, true],
    [2, false],
    [3, true],
    [5, false],
    [6, true],
  ])('goes on after it was cut off at part %d (kept by the server: %s), sending no part twice', async (after, kept) => {
    const sources = [
      sourceOf('a', randomBytes(50_000_000)),
      sourceOf('b', randomBytes(10)),
      sourceOf('c', randomBytes(45_000_000)),
    ];
    const server = new Server();
    const exhibit = prepared(sources);
    server.failure = { after, kept };
    await expect(go(server, exhibit, readJournal(exhibit.lines.join('')), sources).result).rejects.toThrow('killed');
    server.failure = undefined;
    // A line that was being written when the process ended.
    const left = exhibit.lines.join('') + '{"kind":"part","fil';
    await go(server, exhibit, readJournal(left), sources).result;
    await expectWhole(server, sources);
    expect(server.partsTaken).toBe(3 + 1 + 3);
  });

  it('never seals other bytes with a key that was used', async () => {
    const sources = [sourceOf('disk.img', randomBytes(50_000_000))];
    const server = new Server();
    const exhibit = prepared(sources);
    server.failure = { after: 2, kept: false };
    await expect(go(server, exhibit, readJournal(exhibit.lines.join('')), sources).result).rejects.toThrow('killed');
    server.failure = undefined;
    const changed = new Uint8Array(sources[0]!.content);
    changed[1_000] = changed[1_000]! ^ 1;
    const taken = server.partsTaken;
    const again = go(server, exhibit, readJournal(exhibit.lines.join('')), [sourceOf('disk.img', changed)]);
    await expect(again.result).rejects.toMatchObject({ code: 'source-changed', subject: 'disk.img' });
    expect(server.object(exhibit.plan.registration.files[0]!.id).length).toBeLessThanOrEqual(
      (taken + 2) * PART_SIZE_BYTES,
    );
    expect(server.manifest).toBeUndefined();
    const nonce = server.object(exhibit.plan.registration.files[0]!.id);
    expect(nonce.length % PART_SIZE_BYTES === 0).toBe(true);
  });

  it('refuses to go on when the server has parts that the journal does not know', async () => {
    const sources = [sourceOf('a', randomBytes(50_000_000))];
    const server = new Server();
    const exhibit = prepared(sources);
    server.failure = { after: 1, kept: true };
    await expect(go(server, exhibit, readJournal(exhibit.lines.join('')), sources).result).rejects.toThrow('killed');
    const forgotten = readJournal(exhibit.lines[0]!);
    await expect(go(server, exhibit, forgotten, sources).result).rejects.toMatchObject({ code: 'journal-corrupt' });
  });

  it('submits the very manifest it had signed when it was cut off before the answer', async () => {
    const sources = [sourceOf('a', randomBytes(1000))];
    const server = new Server();
    const exhibit = prepared(sources);
    await go(server, exhibit, readJournal(exhibit.lines.join('')), sources).result;
    await go(server, exhibit, readJournal(exhibit.lines.join('')), sources).result;
    await expectWhole(server, sources);
    expect(server.partsTaken).toBe(1);
  });
});

describe('the journal', () => {
  it.each([
    ['nothing', () => ''],
    ['a first line cut short', (text: string) => text.slice(0, 100)],
    ['a line that is not one', (text: string) => `${text}?\n`],
    ['two beginnings', (text: string) => text + text],
    ['a part with two digests', (text: string) => text + partLine('AA==') + partLine('AQ==')],
  ])('is refused with %s', (_, spoil) => {
    const { lines } = prepared([sourceOf('a', randomBytes(10))]);
    expect(() => readJournal(spoil(lines.join('')))).toThrow(expect.objectContaining({ code: 'journal-corrupt' }));
  });

  it('opens to the officer alone', () => {
    const secrets = [0, 1, 2].map(() => ({ fileKey: randomBytes(16), payloadNonce: randomBytes(16) }));
    const sealed = sealSecrets(secrets, recipientOf(officerIdentity), testAead);
    expect(openSecrets(sealed, officerIdentity, testAead).map(({ fileKey }) => Buffer.from(fileKey))).toEqual(
      secrets.map(({ fileKey }) => fileKey),
    );
    expect(() => openSecrets(sealed, newIdentity(), testAead)).toThrow(
      expect.objectContaining({ code: 'journal-corrupt' }),
    );
  });

  function partLine(sha256: string): string {
    return encodeEntry({ kind: 'part', fileId: '0b9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d11' as FileId, number: 1, sha256 });
  }
});

describe('uploading a draft', () => {
  it('sends what was sealed, and goes on where it was cut off', async () => {
    const { draft, objects, sources } = await sealedDraft();
    const server = new Server();
    server.failure = { after: 2, kept: true };
    const upload = () => uploadDraft(draft, draftFiles(objects), server.api, { advance: () => undefined });
    await expect(upload()).rejects.toThrow('killed');
    server.failure = undefined;
    await upload();
    await expectWhole(server, sources);
    expect(server.partsTaken).toBe(4);
  });
});

describe('a draft', () => {
  it('is refused with bits of it changed, wherever they are', async () => {
    const { draft } = await sealedDraft();
    const bytes = encodeDraft(draft);
    await expect(readDraft(bytes, keyOf)).resolves.toMatchObject({ registration: { id: draft.registration.id } });
    for (let at = 0; at < bytes.length; at += 211) {
      const spoilt = new Uint8Array(bytes);
      spoilt[at] = spoilt[at]! ^ (1 << (at % 8));
      await expect(readDraft(spoilt, keyOf)).rejects.toMatchObject({ code: 'draft-corrupt' });
    }
  });

  it('is refused when another officer sealed it', async () => {
    const { draft } = await sealedDraft();
    await expect(readDraft(encodeDraft(draft), () => undefined)).rejects.toMatchObject({ code: 'unknown-key' });
  });
});

async function sealedDraft() {
  const sources = [sourceOf('a', randomBytes(40_000_000)), sourceOf('صورة.jpg', randomBytes(99))];
  const server = new Server();
  const exhibit = prepared(sources);
  await go(server, exhibit, readJournal(exhibit.lines.join('')), sources).result;
  const jws = server.manifest as Draft['jws'];
  const { manifest } = await verifyManifest(jws, keyOf);
  const draft: Draft = { registration: exhibit.plan.registration, manifest, jws };
  return { draft, sources, objects: new Map(manifest.files.map(({ id }) => [id, server.object(id)])) };
}

function draftFiles(objects: ReadonlyMap<FileId, Uint8Array>) {
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
