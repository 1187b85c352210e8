import type { Command } from 'commander';
import type { RetrievalView } from '#domain/contract';
import { fetchExhibit } from '#client/fetch';
import { identitiesOf } from '#client/keystore';
import { type Profile, ProfileError, type TrustedManifest, trustManifest } from '#client/profile';
import { type Receipt, signReceipt } from '#domain/manifest';
import { findExhibit } from '../find-exhibit.js';
import { nodeAead } from '../node/aead.js';
import { nodeSha256 } from '../node/chunk-hasher.js';
import { FetchFolder } from '../node/output-folder.js';
import { ThreadedOpeningEngine } from '../node/threaded-opening.js';
import { freshProfile } from '../refresh.js';
import type { CommonOptions, Session } from '../session.js';
import { shownSize } from '../shown.js';
import { type Runtime, addCommand } from './runtime.js';

interface FetchOptions extends CommonOptions {
  readonly output: string;
  readonly purpose: string;
}

export function addFetch(program: Command, runtime: Runtime): void {
  addCommand(program, 'fetch <exhibit>', 'fetch, check and decrypt an exhibit; goes on where it was interrupted', [
    'fetch TRP-2026-0417/1 -o exhibit --purpose "Indictment in case 12/2026"',
  ])
    .requiredOption('-o, --output <folder>', 'a new or empty folder, or that of an interrupted fetch')
    .requiredOption('--purpose <text>', 'what for; it goes on the record')
    .action((exhibit: string, options: FetchOptions) =>
      runtime.run(options, (session) => fetch(session, exhibit, options)),
    );
}

async function fetch(session: Session, wanted: string, options: FetchOptions): Promise<void> {
  const { output } = session;
  const profile = await freshProfile(session);
  const api = session.api();
  const officer = await session.signer();
  const identities = identitiesOf(await session.agencyKeys());
  const retrieval = await api.retrievals.begin(await findExhibit(api, wanted), {
    purpose: options.purpose,
    for: 'examination',
  });
  const trusted = await trustedManifest(profile, retrieval, wanted);
  const { manifest, payloadSha256 } = trusted;
  const folder = FetchFolder.open(options.output, manifest, payloadSha256);
  const sizeBytes = manifest.files.reduce((sum, file) => sum + file.sealedSizeBytes, 0);
  const engine = new ThreadedOpeningEngine(session.threadEntry);
  session.onClose(() => engine.close());
  const progress = output.progress('fetching', sizeBytes);
  const tools = { retrievals: api.retrievals, progress, engine, aead: nodeAead, sha256: nodeSha256 };
  try {
    await fetchExhibit(retrieval, manifest, identities, folder, tools);
  } finally {
    progress.stop();
  }
  const { receipt, path: receiptPath } = await folder.writeReceipt(() =>
    signReceipt(receiptOf(retrieval, trusted, new Date()), officer),
  );
  await api.retrievals.submitReceipt(retrieval.id, receipt);
  folder.conclude();
  const { exhibitId, exhibitNumber: number, files } = manifest;
  const renamed = folder.renamedCount;
  output.result(
    {
      exhibitId,
      number,
      retrievalId: retrieval.id,
      folder: options.output,
      files: files.length,
      sizeBytes,
      renamed,
      receipt: receiptPath,
    },
    () =>
      [
        `Fetched exhibit ${output.bold(output.shown(number))}: ${files.length} files, ${shownSize(sizeBytes)}, every byte checked, in ${output.shown(options.output)}`,
        ...(renamed > 0 ? [`${renamed} could not bear their own names: names.json says which`] : []),
        'A signed receipt is on the record',
      ].join('\n'),
  );
}

/**
 * The manifest of a retrieval, verified from the officer's signature to the platform's seal, and found to be that of the exhibit asked
 * for: else a platform could hand over, or have shared, another exhibit under its name.
 *
 * @param wanted exhibit number or id, as the officer gave it
 * @throws ProfileError 'other-exhibit'
 */
export async function trustedManifest(
  profile: Profile,
  { exhibitId, manifest, signerCertificate, files }: RetrievalView,
  wanted: string,
): Promise<TrustedManifest> {
  const trusted = await trustManifest(profile, manifest, signerCertificate);
  const signed = trusted.manifest;
  const asked = wanted === signed.exhibitNumber || wanted.toLowerCase() === signed.exhibitId;
  const listed = new Set<string>(signed.files.map(({ id }) => id));
  const whole = files.length === listed.size && files.every(({ id }) => listed.has(id));
  if (!asked || signed.exhibitId !== exhibitId || !whole) {
    throw new ProfileError('other-exhibit', `the platform answered with another exhibit than "${wanted}"`);
  }
  return trusted;
}

function receiptOf({ id }: RetrievalView, { manifest, payloadSha256 }: TrustedManifest, now: Date): Receipt {
  return {
    schema: 'amana-receipt/v1',
    retrievalId: id,
    exhibitId: manifest.exhibitId,
    manifestSha256: payloadSha256,
    files: manifest.files.map((file) => ({ id: file.id, sha256: file.sha256 })),
    receivedAt: now.toISOString(),
    verified: true,
  };
}
