import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Api } from '#client/api';
import { identitiesOf } from '#client/keystore';
import type { RetrievalView } from '#domain/contract';
import { type Profile, ProfileError, type TrustedManifest, knownAgencies } from '#client/profile';
import { type Agreement, type PublicJwk, verifyAgreement } from '#domain/manifest';
import {
  type PackageContent,
  type PackageVerdict,
  type PackagedTimestamps,
  buildPackage,
  fingerprintOf,
  formatReaderPolicy,
  verifyPackage,
} from '#domain/package';
import { gatherTime, manifestTimestamp, stampedPayload } from '../attested-time.js';
import { provenRecord } from '../proven-record.js';
import { findExhibit } from '../find-exhibit.js';
import { FolderPackage } from '../node/folder-package.js';
import { packagedFile } from '../packaged-file.js';
import { packageHasher, packageHashers } from '../node/package-hasher.js';
import { freshProfile } from '../refresh.js';
import type { CommonOptions, Session } from '../session.js';
import { shownSize } from '../shown.js';
import { statementBehind } from '../statement-behind.js';
import { PinnedWitnesses } from '../pinned-witnesses.js';
import { pinnedLogKeys, trustedLog } from '../trusted-log.js';
import { UsageError } from '../usage-error.js';
import { VerdictError } from '../verdict-error.js';
import { trustedManifest } from './fetch.js';
import { type Runtime, addCommand } from './runtime.js';

interface PackageOptions extends CommonOptions {
  readonly output: string;
  readonly purpose: string;
  readonly wait: string;
}

/** A head is stamped once a minute where nothing else is set. */
const WAIT_SECONDS = 90;
const MAX_WAIT_SECONDS = 86_400;
const TELL_AFTER_MS = 4_000;
const WAITING = 'Waiting until the time of the record is attested, and its head cosigned; no longer than --wait says';

export function addPackage(program: Command, runtime: Runtime): void {
  addCommand(
    program,
    'package <exhibit>',
    'export a court package: evidence, record and proofs, to be checked by anyone',
    ['package TRP-2026-0417/1 -o package --purpose "Trial, case 12/2026"', 'verify package'],
  )
    .requiredOption('-o, --output <folder>', 'a folder to be made')
    .option('--purpose <text>', 'what for; it goes on the record', 'Court package')
    .option(
      '--wait <seconds>',
      'how long to wait for a timestamp authority to attest the time of the record',
      String(WAIT_SECONDS),
    )
    .action((exhibit: string, options: PackageOptions) =>
      runtime.run(options, (session) => exportPackage(session, exhibit, options)),
    );
}

async function exportPackage(session: Session, wanted: string, options: PackageOptions): Promise<void> {
  const { output } = session;
  const seconds = secondsIn(options.wait);
  const profile = await freshProfile(session);
  const api = session.api();
  const exhibitId = await findExhibit(api, wanted);
  const identities = identitiesOf(await session.agencyKeys());
  const folder = new FolderPackage(options.output);
  await requireNew(folder, options.output);
  session.onInterrupt(() => takeBack(options.output));
  const retrieval = await api.retrievals.begin(exhibitId, { purpose: options.purpose, for: 'package' });
  const trusted = await trustedManifest(profile, retrieval, wanted);
  const { files, exhibitNumber: number } = trusted.manifest;
  const sizeBytes = files.reduce((sum, file) => sum + file.sealedSizeBytes, 0);
  const progress = output.progress('packing', sizeBytes);
  const tools = { retrievals: api.retrievals, progress };
  let verdict: PackageVerdict;
  let gathered: Gathered;
  try {
    const packaged = files.map((file) => packagedFile(retrieval, file, identities, tools));
    gathered = await proofsAndKeys(session, api, profile, retrieval, trusted, seconds);
    await buildPackage({ ...gathered.content, files: packaged }, folder, packageHashers);
    verdict = await verified(folder, profile, trusted);
  } catch (error) {
    takeBack(options.output);
    throw error;
  } finally {
    progress.stop();
  }
  const { content, untimed } = gathered;
  output.result({ exhibitId, number, folder: options.output, sizeBytes, untimed, verdict }, () =>
    [
      `Packed exhibit ${output.bold(output.shown(number))}: ${files.length} files, ${shownSize(sizeBytes)}, ${verdict.checked.events} events, in ${output.shown(options.output)}`,
      'It was verified against the keys pinned here',
      ...timeWords(content.timestamps, untimed).map((words) => output.shown(words)),
    ].join('\n'),
  );
}

function secondsIn(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,5}$/.test(text) && seconds <= MAX_WAIT_SECONDS) return seconds;
  throw new UsageError(`"${text}" is no number of seconds to wait, from 0 to ${MAX_WAIT_SECONDS}`);
}

/** What attests when it was there, and what does not and why. */
function timeWords(timestamps: PackagedTimestamps | null, untimed: readonly string[]): string[] {
  const parts = [timestamps?.checkpoint && 'the record', timestamps?.manifest && 'the manifest'].filter(Boolean);
  const lines = (timestamps?.roots ?? []).map((root) => `#amana tsa ${fingerprintOf(root)}`);
  return [
    ...(parts.length > 0
      ? [`It has timestamps of ${parts.join(' and ')}; whoever trusts their authority pins it: ${lines.join('; ')}`]
      : []),
    ...untimed.map((reason) => `Without a timestamp: ${reason}`),
  ];
}

async function requireNew(folder: FolderPackage, path: string): Promise<void> {
  try {
    for await (const _ of folder.list()) throw new UsageError(`${path} is not empty; a package is never written over`);
  } catch (error) {
    if (error instanceof UsageError) throw error; // what cannot be listed is not there yet
  }
}

/** Half a package, or one that does not verify, is not left for anyone to take for one. The folder was empty before. */
function takeBack(path: string): void {
  if (!existsSync(path)) return;
  for (const name of readdirSync(path)) rmSync(join(path, name), { recursive: true, force: true });
}

interface Gathered {
  readonly content: Omit<PackageContent, 'files'>;
  /** Why the time of a part is not attested, in words. */
  readonly untimed: readonly string[];
}

/** All that goes into a package beside the evidence. */
async function proofsAndKeys(
  session: Session,
  api: Api,
  profile: Profile,
  retrieval: RetrievalView,
  { manifest }: TrustedManifest,
  seconds: number,
): Promise<Gathered> {
  const [logKey, ...moreLogKeys] = pinnedLogKeys(profile);
  const witnesses = new PinnedWitnesses(session.home, logKey.name);
  const timeUntil = Date.now() + seconds * 1000;
  const { roots } = await api.exhibits.timestamps(retrieval.exhibitId);
  const waiting = setTimeout(() => session.output.note(WAITING), TELL_AFTER_MS);
  const { timestamp, ...record } = await provenRecord(
    api,
    retrieval,
    await trustedLog(session),
    witnesses.policy([logKey, ...moreLogKeys]),
    roots === null ? null : timeUntil,
  ).finally(() => {
    clearTimeout(waiting);
  });
  const attested = await manifestTimestamp(api, retrieval.exhibitId, timeUntil);
  const { timestamps, missing } = await gatherTime(
    {
      checkpoint: { bytes: record.checkpoint, view: timestamp },
      manifest: { bytes: stampedPayload(retrieval.manifest), view: attested.manifest },
    },
    attested.roots,
  );
  const content = {
    manifest: retrieval.manifest,
    ...record,
    timestamps,
    ...{ logKey, moreLogKeys },
    keys: {
      officerCertificate: retrieval.signerCertificate,
      ...(await statementBehind(api, manifest, retrieval.signerCertificate)),
      agreements: manifest.agencyId === profile.agency.id ? [] : await agreementsWith(profile, manifest.agencyId),
      platform: sealKeyOf(profile),
    },
    software: session.software,
  };
  return { content, untimed: missing };
}

/** The agreements that bind both agencies. */
async function agreementsWith({ agreements, agency }: Profile, agencyId: string): Promise<unknown[]> {
  const parties = ({ parties: all }: Agreement) => all.map((party): string => party.agencyId);
  const binding: unknown[] = [];
  for (const { instrument } of agreements) {
    const { agreement } = await verifyAgreement(instrument);
    if (parties(agreement).includes(agencyId) && parties(agreement).includes(agency.id)) binding.push(instrument);
  }
  return binding;
}

/** Whoever hands a package out checks it first, as a court would, by the keys that are pinned here. @throws VerdictError */
async function verified(folder: FolderPackage, profile: Profile, { signer }: TrustedManifest): Promise<PackageVerdict> {
  const known = [...(await knownAgencies(profile)).values()].filter(({ agencyId }) => agencyId === signer.agencyId);
  const policy = await formatReaderPolicy(pinnedLogKeys(profile)[0], {
    platform: sealKeyOf(profile),
    agencies: known,
  });
  const verdict = await verifyPackage(folder, { policy: new TextEncoder().encode(policy), hasher: packageHasher });
  if (verdict.verdict !== 'verified') throw new VerdictError(verdict);
  return verdict;
}

function sealKeyOf({ platform }: Profile): PublicJwk {
  if (platform.sealKey !== null) return platform.sealKey;
  throw new ProfileError('not-trusted', 'the platform has not said what key it seals with');
}
