import { base64 } from '@scure/base';
import { type Api, inParallel } from '#client/api';
import {
  type Correction,
  type FileSecrets,
  type FurtherHash,
  SealError,
  type SealedPart,
  type Sealing,
  type SealingEngine,
  type SourceFile,
  describeExhibit,
  describeFile,
} from '#client/seal';
import type { AnnouncedFile, RegisterExhibit, UploadView } from '#domain/contract';
import { type ManifestFile, type Signer, signManifest } from '#domain/manifest';
import { type UploadProgress, sendFile } from './send-file.js';
import { type JournalStore, type UploadState, partKey } from './upload-journal.js';
import { UploadError } from './upload-error.js';
import { viewsOf } from './upload-views.js';
import { type UploadedExhibit, uploadedExhibit } from './uploaded-exhibit.js';

/** An exhibit to be sealed while it goes up. */
export interface OnePass {
  readonly registration: RegisterExhibit;
  readonly files: readonly {
    readonly source: SourceFile;
    readonly announced: AnnouncedFile;
    readonly secrets: FileSecrets;
  }[];
  readonly furtherHashes: readonly FurtherHash[];
  readonly correction?: Correction | undefined;
  readonly officer: Signer;
  /** When and by whom; the time is taken when the last file is sealed. */
  readonly sealing: (sealedAt: Date) => Sealing;
}

export interface OnePassTools {
  readonly engine: SealingEngine;
  readonly api: Pick<Api, 'exhibits' | 'uploads'>;
  readonly journal: JournalStore;
  readonly now: () => Date;
  readonly progress: UploadProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Files open at a time. The engine reads one after another; the parts of those before are still going up. */
const FILES_AT_A_TIME = 8;

/**
 * Seals the files of a registered exhibit while their parts go up, signs and submits the manifest. With the state of an
 * interrupted upload it goes on: every part is sealed again with the same key, compared with the digest that was written down
 * before it was first sent, and sent if the server has not got it.
 *
 * @throws SealError 'source-changed' when a file is not what was sealed before: the same key never seals other bytes;
 *   UploadError 'journal-corrupt', 'server-differs'; ApiError
 */
export async function sealAndUpload(
  exhibit: OnePass,
  before: UploadState,
  tools: OnePassTools,
): Promise<UploadedExhibit> {
  const { api, journal, now } = tools;
  const { registration } = exhibit;
  let manifest = before.manifest;
  if (manifest === null) {
    const described = await uploadFiles(exhibit, before, tools);
    const content = describeExhibit(registration, described, exhibit.sealing(now()), exhibit.correction);
    const { payload, signatures } = await signManifest(content, exhibit.officer);
    manifest = { payload, signatures: [...signatures] };
    await journal.append({ kind: 'signed', manifest });
  }
  return uploadedExhibit(await api.exhibits.submitManifest(registration.id, manifest), manifest);
}

/** @returns the files' descriptions in the order of the registration */
async function uploadFiles(exhibit: OnePass, before: UploadState, tools: OnePassTools): Promise<ManifestFile[]> {
  const there = await viewsOf(exhibit.registration.id, tools.api.uploads);
  const described = new Map(before.sealed);
  await inParallel(exhibit.files, FILES_AT_A_TIME, async (file) => {
    const { announced } = file;
    const view = there(announced);
    if (described.has(announced.id) && view.state === 'stored') {
      tools.progress.advance(announced.sealedSizeBytes);
      return;
    }
    described.set(announced.id, await uploadFile(exhibit, file, view, before, tools));
  });
  return exhibit.registration.files.map(({ id }) => {
    const file = described.get(id);
    if (file === undefined) throw new UploadError('journal-corrupt', `the file ${id} was not sealed`);
    return file;
  });
}

async function uploadFile(
  exhibit: OnePass,
  { source, announced, secrets }: OnePass['files'][number],
  view: UploadView,
  before: UploadState,
  { engine, api, journal, now, progress, signal }: OnePassTools,
): Promise<ManifestFile> {
  let described: ManifestFile | undefined;
  const mayExist = new Set(view.state === 'stored' ? [1] : view.received.map(({ number }) => number));
  const outgoing = {
    fileId: announced.id,
    sealedSizeBytes: announced.sealedSizeBytes,
    async parts(take: (part: SealedPart) => Promise<void>) {
      const content = await engine.seal({ source, ...secrets, furtherHashes: exhibit.furtherHashes }, take);
      described = describeFile(announced, secrets.payloadNonce, content, exhibit.sealing(now()));
    },
    async beforePart({ number, sha256 }: SealedPart) {
      const digest = base64.encode(sha256);
      const earlier = before.parts.get(partKey(announced.id, number));
      if (earlier === digest) return;
      if (earlier !== undefined) throw changed(announced, number);
      if (mayExist.has(number)) {
        throw new UploadError(
          'journal-corrupt',
          `the server has part ${number} of ${announced.id}, and the journal does not`,
        );
      }
      await journal.append({ kind: 'part', fileId: announced.id, number, sha256: digest });
    },
  };
  await sendFile(outgoing, view, api.uploads, progress, signal);
  if (described === undefined) throw new UploadError('journal-corrupt', `the file ${announced.id} was not sealed`);
  await journal.append({ kind: 'sealed', file: described });
  return described;
}

function changed({ name }: AnnouncedFile, part: number): SealError {
  return new SealError(
    'source-changed',
    `it changed since the interruption (part ${part} differs), and that part was not sent; upload it as another exhibit`,
    name,
  );
}
