import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Api } from '#client/api';
import type { RetrievalView } from '#domain/contract';
import { type Profile, ProfileError, type TrustedManifest, knownAgencies } from '#client/profile';
import { type Agreement, type PublicJwk, verifyAgreement } from '#domain/manifest';
import { parseVerifierKey } from '#domain/merkle';
import {
  type PackageContent,
  type PackageVerdict,
  buildPackage,
  formatReaderPolicy,
  verifyPackage,
} from '#domain/package';
import { provenRecord } from '../proven-record.js';
import { findExhibit } from '../find-exhibit.js';
import { FolderPackage } from '../node/folder-package.js';
import { packagedFile } from '../packaged-file.js';
import { packageHasher, packageHashers } from '../node/package-hasher.js';
import { freshProfile } from '../refresh.js';
import type { CommonOptions, Session } from '../session.js';
import { shownSize } from '../shown.js';
import { PinnedWitnesses } from '../pinned-witnesses.js';
import { trustedLog } from '../trusted-log.js';
import { UsageError } from '../usage-error.js';
import { VerdictError } from '../verdict-error.js';
import { trustedManifest } from './fetch.js';
import { type Runtime, addCommand } from './runtime.js';

interface PackageOptions extends CommonOptions {
  readonly output: string;
  readonly purpose: string;
}

export function addPackage(program: Command, runtime: Runtime): void {
  addCommand(
    program,
    'package <exhibit>',
    'export a court package: evidence, record and proofs, to be checked by anyone',
    ['package TRP-2026-0417/1 -o package --purpose "Trial, case 12/2026"', 'verify package'],
  )
    .requiredOption('-o, --output <folder>', 'a folder to be made')
    .option('--purpose <text>', 'what for; it goes on the record', 'Court package')
    .action((exhibit: string, options: PackageOptions) =>
      runtime.run(options, (session) => exportPackage(session, exhibit, options)),
    );
}

async function exportPackage(session: Session, wanted: string, options: PackageOptions): Promise<void> {
  const { output } = session;
  const profile = await freshProfile(session);
  const api = session.api();
  const exhibitId = await findExhibit(api, wanted);
  const { identity } = await session.agencyKeys();
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
  try {
    const packaged = files.map((file) => packagedFile(retrieval, file, [identity], tools));
    const content = { ...(await proofsAndKeys(session, api, profile, retrieval, trusted)), files: packaged };
    await buildPackage(content, folder, packageHashers);
    verdict = await verified(folder, profile, trusted);
  } catch (error) {
    takeBack(options.output);
    throw error;
  } finally {
    progress.stop();
  }
  output.result({ exhibitId, number, folder: options.output, sizeBytes, verdict }, () =>
    [
      `Packed exhibit ${output.bold(output.shown(number))}: ${files.length} files, ${shownSize(sizeBytes)}, ${verdict.checked.events} events, in ${output.shown(options.output)}`,
      'It was verified against the keys pinned here',
    ].join('\n'),
  );
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

/** All that goes into a package beside the evidence. */
async function proofsAndKeys(
  session: Session,
  api: Api,
  profile: Profile,
  retrieval: RetrievalView,
  { manifest }: TrustedManifest,
): Promise<Omit<PackageContent, 'files'>> {
  const logKey = parseVerifierKey(pinnedLogKey(profile));
  const witnesses = new PinnedWitnesses(session.home, logKey.name);
  const record = await provenRecord(api, retrieval, trustedLog(session), witnesses.policy(logKey));
  return {
    manifest: retrieval.manifest,
    ...record,
    logKey,
    keys: {
      officerCertificate: retrieval.signerCertificate,
      agencyStatement: (await api.directory.agency(manifest.agencyId)).statement,
      agreements: manifest.agencyId === profile.agency.id ? [] : await agreementsWith(profile, manifest.agencyId),
      platform: sealKeyOf(profile),
    },
    software: session.software,
  };
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
  const policy = await formatReaderPolicy(parseVerifierKey(pinnedLogKey(profile)), {
    platform: sealKeyOf(profile),
    agencies: known,
  });
  const verdict = await verifyPackage(folder, { policy: new TextEncoder().encode(policy), hasher: packageHasher });
  if (verdict.verdict !== 'verified') throw new VerdictError(verdict);
  return verdict;
}

function pinnedLogKey({ pins }: Profile): string {
  if (pins.logVerifierKey !== null) return pins.logVerifierKey;
  throw new ProfileError('not-trusted', 'the platform has not said by which key its log is checked; sign in again');
}

function sealKeyOf({ platform }: Profile): PublicJwk {
  if (platform.sealKey !== null) return platform.sealKey;
  throw new ProfileError('not-trusted', 'the platform has not said what key it seals with');
}
