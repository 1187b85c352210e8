import type { Command } from 'commander';
import { ProfileError } from '#client/profile';
import type { ExhibitDetail } from '#domain/contract';
import { ManifestError, readManifest } from '#domain/manifest';
import { findExhibit } from '../find-exhibit.js';
import { type SealOptions, addSealOptions } from '../new-exhibit.js';
import { uploadPaths } from '../one-pass.js';
import { freshProfile } from '../refresh.js';
import type { Session } from '../session.js';
import { UsageError } from '../usage-error.js';
import { tellUpload } from './exhibit-upload.js';
import { type Runtime, addCommand } from './runtime.js';

const WAIT_SECONDS = 120;

export function addExhibitCorrect(exhibit: Command, runtime: Runtime): void {
  const command = addCommand(
    exhibit,
    'correct <id> <path...>',
    'correct a manifest by a successor that names it, under the same number unless the facts give another',
    ['exhibit correct TRP-2026-0417/1 phone.ufdr --facts corrected.json --reason "The place of seizure was wrong"'],
  );
  addSealOptions(command)
    .requiredOption('--reason <text>', 'what was wrong')
    .action((id: string, paths: string[], options: SealOptions & { reason: string }) =>
      runtime.run(options, (session) => correct(session, id, paths, options)),
    );
}

async function correct(
  session: Session,
  wanted: string,
  paths: readonly string[],
  options: SealOptions & { reason: string },
): Promise<void> {
  const profile = await freshProfile(session);
  const api = session.api();
  const { exhibit } = await api.exhibits.show(await findExhibit(api, wanted));
  const correction = { supersedes: manifestDigest(exhibit), reason: options.reason };
  const numbered = { ...options, exhibitNumber: exhibit.number };
  const successor = await uploadPaths(session, profile, paths, numbered, { exhibitId: exhibit.id, correction });
  await tellUpload(session, profile, successor, WAIT_SECONDS);
}

/** What the successor names: the digest of the signed bytes themselves, not of what the server says of them. */
function manifestDigest({ id, number, manifest }: ExhibitDetail): string {
  if (manifest === null) throw new UsageError(`exhibit ${number} has no manifest yet: finish its upload instead`);
  try {
    const { statement, payloadSha256 } = readManifest(manifest);
    if (statement.exhibitId === id && statement.exhibitNumber === number) return payloadSha256;
  } catch (cause) {
    if (!(cause instanceof ManifestError)) throw cause;
    throw new ManifestError(cause.code, `the manifest of exhibit ${number} does not hold: ${cause.message}`);
  }
  throw new ProfileError('other-exhibit', `the platform answered with the manifest of another exhibit than ${number}`);
}
