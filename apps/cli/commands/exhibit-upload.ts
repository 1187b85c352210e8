import type { Command } from 'commander';
import { readDraft } from '#client/seal';
import { type Profile } from '#client/profile';
import { type UploadedExhibit, uploadDraft } from '#client/upload';
import { PublicJwk, thumbprintOf } from '#domain/manifest';
import { type SealOutcome, awaitSeal } from '../await-seal.js';
import { IntegrityError } from '../integrity-error.js';
import { addSealOptions, type SealOptions } from '../new-exhibit.js';
import { DraftFolder, readDraftFile } from '../node/draft-folder.js';
import { abandonUpload, uploadPaths } from '../one-pass.js';
import { freshProfile } from '../refresh.js';
import type { Session } from '../session.js';
import { shownSize } from '../shown.js';
import { UsageError } from '../usage-error.js';
import { type Runtime, addCommand } from './runtime.js';

export interface UploadOptions extends SealOptions {
  readonly wait: string;
  readonly abandon?: boolean;
}

export function addExhibitUpload(exhibit: Command, runtime: Runtime): void {
  const command = addCommand(
    exhibit,
    'upload <draft-or-path...>',
    'upload a draft, or seal paths while they go up; goes on where it was interrupted',
    ['exhibit upload draft-1', 'exhibit upload image.E01 --facts facts.json --team "Route 7"'],
  );
  addSealOptions(command)
    .option('--wait <seconds>', 'how long to wait for the seal', '120')
    .option('--abandon', 'forget an interrupted upload of this exhibit number, and begin anew')
    .action((paths: string[], options: UploadOptions) =>
      runtime.run(options, (session) => upload(session, paths, options)),
    );
}

async function upload(session: Session, paths: readonly string[], options: UploadOptions): Promise<void> {
  const waitSeconds = secondsOf(options.wait);
  const drafts = paths.filter((path) => readDraftFile(path) !== null);
  const [draft] = drafts;
  if (draft !== undefined && paths.length > 1) throw new UsageError('a draft is uploaded by itself');
  if (draft !== undefined && options.facts !== undefined) throw new UsageError('a draft has its facts already');
  const profile = await freshProfile(session);
  if (draft === undefined && options.abandon === true) await abandonUpload(session, profile, options);
  const uploaded =
    draft === undefined
      ? await uploadPaths(session, profile, paths, options)
      : await sendDraft(session, profile, draft);
  await tellUpload(session, profile, uploaded, waitSeconds);
}

async function sendDraft(session: Session, { officer }: Profile, path: string): Promise<UploadedExhibit> {
  const key = PublicJwk.safeParse(officer.signingKey).data;
  const kid = key === undefined ? null : await thumbprintOf(key);
  const draft = await readDraft(readDraftFile(path) ?? new Uint8Array(0), (signedBy) =>
    signedBy === kid ? key : undefined,
  );
  const total = draft.manifest.files.reduce((sum, { sealedSizeBytes }) => sum + sealedSizeBytes, 0);
  const progress = session.output.progress('uploading', total);
  try {
    return await uploadDraft(draft, new DraftFolder(path), session.api(), progress);
  } finally {
    progress.stop();
  }
}

/** Waits for the seal and tells how the exhibit stands. @throws IntegrityError when the platform's check failed */
export async function tellUpload(
  session: Session,
  profile: Profile,
  uploaded: UploadedExhibit,
  waitSeconds: number,
): Promise<void> {
  const { output } = session;
  const { exhibit } = uploaded;
  const outcome = await awaitSeal(session, profile, session.api(), uploaded, waitSeconds);
  if (outcome.state === 'quarantined') {
    throw new IntegrityError(
      `exhibit ${exhibit.number} failed a check of the platform and is quarantined; seal it again from its source`,
    );
  }
  const { id, number, caseNumber, fileCount, sealedSizeBytes } = exhibit;
  output.result({ exhibitId: id, number, caseNumber, fileCount, sealedSizeBytes, ...outcome }, () =>
    [
      `Uploaded exhibit ${output.bold(output.shown(number))}: ${fileCount} files, ${shownSize(sealedSizeBytes)}`,
      ...stateWords(outcome, output.shown.bind(output)),
      `id ${id}`,
    ].join('\n'),
  );
}

function stateWords({ state, receipt }: SealOutcome, shown: (text: string) => string): string[] {
  if (receipt !== null) return [`Sealed by the platform; its receipt was checked and is in ${shown(receipt)}`];
  if (state === 'sealed') return ['Sealed by the platform; the log has not published the head that proves it yet'];
  return [`It is ${state}; the platform reads it back and seals it next (\`amana exhibit show\` tells)`];
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`"${text}" is not a number of seconds`);
  return seconds;
}
