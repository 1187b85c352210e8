import { createHash } from 'node:crypto';
import { type Api, ApiError } from '#client/api';
import type { Profile } from '#client/profile';
import { type Correction, SealError } from '#client/seal';
import {
  type JournalBeginning,
  type UploadState,
  type UploadedExhibit,
  openSecrets,
  sealAndUpload,
  sealSecrets,
} from '#client/upload';
import type { RegisterExhibit } from '#domain/contract';
import type { ExhibitId } from '#domain/evidence';
import { type Facts, canonicalJson } from '#domain/manifest';
import { recipientOf } from '#domain/sealing';
import { nodeAead } from './node/aead.js';
import { withFileLock } from './node/file-lock.js';
import { JournalFile } from './node/journal-file.js';
import type { PathSource } from './node/path-source.js';
import { walkPaths } from './node/walk-paths.js';
import { type SealOptions, furtherHashesOf, planFrom, readFactsOf, sealingBy, sealingEngine } from './new-exhibit.js';
import type { Session } from './session.js';
import { UsageError } from './usage-error.js';

/** The correction that an upload makes of an earlier exhibit. */
export interface Correcting {
  readonly exhibitId: ExhibitId;
  readonly correction: Correction;
}

/**
 * Seals paths while they go up. An upload of the same exhibit number that was interrupted is gone on with: its journal, in the
 * officer's own folder, has the keys it sealed with.
 *
 * @throws UsageError while another process uploads an exhibit of this number
 */
export function uploadPaths(
  session: Session,
  profile: Profile,
  paths: readonly string[],
  options: SealOptions,
  correcting?: Correcting,
): Promise<UploadedExhibit> {
  return withJournal(session, profile, options, (path) =>
    uploadWith(path, session, profile, paths, options, correcting),
  );
}

async function uploadWith(
  path: string,
  session: Session,
  profile: Profile,
  paths: readonly string[],
  options: SealOptions,
  correcting: Correcting | undefined,
): Promise<UploadedExhibit> {
  const furtherHashes = furtherHashesOf(options);
  const facts = readFactsOf(profile, options);
  const officer = await session.signer();
  const { identity } = await session.keys();
  const sources = walkPaths(paths);
  const left = await JournalFile.read(path);
  if (left !== null) requireSame(left, facts, sources, correcting);
  const journal = await JournalFile.open(path);
  session.onClose(() => journal.close());
  const state = left ?? (await begin(profile, paths, options, journal, recipientOf(identity), correcting));
  const { registration } = state.beginning;
  const api = session.api();
  await register(api, registration, left === null ? journal : null);
  const secrets = openSecrets(state.beginning.secrets, identity, nodeAead);
  const files = registration.files.map((announced, at) => ({
    announced,
    source: present(sources[at], announced),
    secrets: present(secrets[at], announced),
  }));
  const total = registration.files.reduce((sum, file) => sum + file.sealedSizeBytes, 0);
  if (left !== null)
    session.output.note(`Going on with the upload of exhibit ${session.output.shown(registration.number)}`);
  const progress = session.output.progress('uploading', total);
  try {
    const uploaded = await sealAndUpload(
      {
        registration,
        files,
        furtherHashes,
        officer,
        correction: state.beginning.correction,
        sealing: sealingBy(profile, session),
      },
      state,
      { engine: sealingEngine(session), api, journal, now: () => new Date(), progress },
    );
    await journal.remove();
    return uploaded;
  } finally {
    progress.stop();
  }
}

/** @param fresh a journal that nothing was sealed under yet: it is of no use when the platform does not take the exhibit */
async function register(api: Api, registration: RegisterExhibit, fresh: JournalFile | null): Promise<void> {
  try {
    await api.exhibits.register(registration);
  } catch (error) {
    if (error instanceof ApiError && error.failure.kind === 'problem') await fresh?.remove();
    throw error;
  }
}

/**
 * What an exhibit of this number has gone through, if its upload was interrupted here, is forgotten.
 *
 * @throws UsageError while another process uploads an exhibit of this number
 */
export async function abandonUpload(session: Session, profile: Profile, options: SealOptions): Promise<void> {
  await withJournal(session, profile, options, async (path) => {
    const journal = await JournalFile.open(path);
    await journal.remove();
  });
}

/** The journal of an exhibit's number is one process's at a time: another would take away its keys, or write between its lines. */
async function withJournal<T>(
  session: Session,
  profile: Profile,
  options: SealOptions,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const path = session.officerHome().journalPath(journalName(profile, readFactsOf(profile, options)));
  const refusal = () => new UsageError('this exhibit is being uploaded by another amana');
  return withFileLock(`${path}.lock`, () => work(path), refusal);
}

async function begin(
  profile: Profile,
  paths: readonly string[],
  options: SealOptions,
  journal: JournalFile,
  recipient: string,
  correcting: Correcting | undefined,
): Promise<UploadState> {
  const { registration, files } = await planFrom(profile, paths, options, correcting?.exhibitId);
  const sources = files.map(({ source }) => source as PathSource);
  const beginning: JournalBeginning = {
    kind: 'begun',
    schema: 'amana-upload-journal/v1',
    registration,
    ...(correcting && { correction: correcting.correction }),
    sources: sources.map(({ path, sizeBytes }) => ({ path: path.toString('base64'), sizeBytes })),
    secrets: sealSecrets(
      files.map((file) => file.secrets),
      recipient,
      nodeAead,
    ),
  };
  await journal.append(beginning);
  return { beginning, parts: new Map(), sealed: new Map(), manifest: null };
}

/** An exhibit's number is its own within a case, so that is what an interrupted upload is found by. */
function journalName({ api, officer }: Profile, { caseNumber, exhibitNumber }: Facts): string {
  const name = JSON.stringify([api, officer.id, caseNumber, exhibitNumber]);
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

/** @throws UsageError when something else is asked for than what was begun; SealError when a file is not what it was */
function requireSame(
  { beginning }: UploadState,
  facts: Facts,
  sources: readonly PathSource[],
  correcting: Correcting | undefined,
): void {
  const { registration } = beginning;
  const isSame =
    sameJson(registration.facts, facts) &&
    registration.supersedes === correcting?.exhibitId &&
    sameJson(
      beginning.sources.map(({ path }) => path),
      sources.map(({ path }) => path.toString('base64')),
    );
  if (!isSame) {
    throw new UsageError(
      `an upload of exhibit ${registration.number} with other files or facts was interrupted: repeat it as it was, or forget it with --abandon`,
    );
  }
  for (const [at, { sizeBytes }] of beginning.sources.entries()) {
    const source = sources[at];
    if (source === undefined || source.sizeBytes === sizeBytes) continue;
    const sizes = `${sizeBytes} bytes then, ${source.sizeBytes} now`;
    throw new SealError('source-changed', `it changed since the upload was interrupted: ${sizes}`, source.name);
  }
}

function sameJson(a: unknown, b: unknown): boolean {
  return Buffer.compare(canonicalJson(a), canonicalJson(b)) === 0;
}

function present<T>(value: T | undefined, { name }: { name: string }): T {
  if (value === undefined) throw new SealError('source-changed', 'it is not what was registered', name);
  return value;
}
