import type { Command } from 'commander';
import type { Api } from '#client/api';
import type { RetrievalView } from '#domain/contract';
import { type DownloadTools, downloadWindows } from '#client/fetch';
import { type Profile, ProfileError, type TrustedManifest } from '#client/profile';
import { type Agreement, type ManifestFile, verifyAgreement } from '#domain/manifest';
import { formatLogPolicy, parseVerifierKey } from '#domain/merkle';
import {
  type Bytes,
  type PackageContent,
  type PackageVerdict,
  type PackagedFile,
  buildPackage,
  verifyPackage,
} from '#domain/package';
import { provenRecord } from '../proven-record.js';
import { findExhibit } from '../find-exhibit.js';
import { FolderPackage } from '../node/folder-package.js';
import { packageHasher, packageHashers } from '../node/package-hasher.js';
import { freshProfile } from '../refresh.js';
import type { CommonOptions, Session } from '../session.js';
import { shownSize } from '../shown.js';
import { UsageError } from '../usage-error.js';
import { VerdictError } from '../verdict-error.js';
import { trustedManifest } from './fetch.js';
import { watchedLog } from './log.js';
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
  const folder = new FolderPackage(options.output);
  await requireNew(folder, options.output);
  const retrieval = await api.retrievals.begin(exhibitId, { purpose: options.purpose, for: 'package' });
  const trusted = await trustedManifest(profile, retrieval, wanted);
  const { files, exhibitNumber: number } = trusted.manifest;
  const sizeBytes = files.reduce((sum, file) => sum + file.sealedSizeBytes, 0);
  const progress = output.progress('packing', sizeBytes);
  try {
    const content = await gather(session, api, profile, retrieval, trusted, { retrievals: api.retrievals, progress });
    await buildPackage(content, folder, packageHashers);
  } finally {
    progress.stop();
  }
  const verdict = await verified(folder, profile);
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

async function gather(
  session: Session,
  api: Api,
  profile: Profile,
  retrieval: RetrievalView,
  { manifest }: TrustedManifest,
  tools: DownloadTools,
): Promise<PackageContent> {
  const { sealKey } = profile.platform;
  if (sealKey === null) throw new ProfileError('not-trusted', 'the platform has not said what key it seals with');
  const headers = new Map<string, string>(retrieval.files.map(({ id, header }) => [id, header]));
  const packaged = (file: ManifestFile): PackagedFile => ({
    fileId: file.id,
    header: Buffer.from(headers.get(file.id) ?? '', 'base64'),
    payload: () => storedObject(retrieval, file, tools),
  });
  const logKey = parseVerifierKey(pinnedLogKey(profile));
  const record = await provenRecord(api, manifest.exhibitId, watchedLog(session));
  return {
    manifest: retrieval.manifest,
    files: manifest.files.map(packaged),
    ...record,
    logKey,
    keys: {
      officerCertificate: retrieval.signerCertificate,
      agencyStatement: (await api.directory.agency(manifest.agencyId)).statement,
      agreements: manifest.agencyId === profile.agency.id ? [] : await agreementsWith(profile, manifest.agencyId),
      platform: sealKey,
    },
    packagedAt: new Date(),
    software: session.software,
  };
}

function storedObject({ id }: RetrievalView, file: ManifestFile, tools: DownloadTools): Bytes {
  const object = { retrievalId: id, fileId: file.id, sealedSizeBytes: file.sealedSizeBytes };
  return downloadWindows(object, 0, (sizeBytes) => new Uint8Array(sizeBytes), tools);
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
async function verified(folder: FolderPackage, profile: Profile): Promise<PackageVerdict> {
  const policy = new TextEncoder().encode(formatLogPolicy(parseVerifierKey(pinnedLogKey(profile))));
  const verdict = await verifyPackage(folder, { policy, hasher: packageHasher });
  if (verdict.verdict !== 'verified') throw new VerdictError(verdict);
  return verdict;
}

function pinnedLogKey({ pins }: Profile): string {
  if (pins.logVerifierKey !== null) return pins.logVerifierKey;
  throw new ProfileError('not-trusted', 'the platform has not said by which key its log is checked; sign in again');
}
