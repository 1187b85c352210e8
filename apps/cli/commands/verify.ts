import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Bytes, PackageError, type PackageReader, type PackageVerdict, verifyPackage } from '#domain/package';
import { FolderPackage } from '../node/folder-package.js';
import { packageHasher } from '../node/package-hasher.js';
import type { Output, Progress } from '../output.js';
import type { CommonOptions, Session } from '../session.js';
import { shownSize } from '../shown.js';
import { UsageError } from '../usage-error.js';
import { VerdictError } from '../verdict-error.js';
import { type Runtime, addCommand } from './runtime.js';

interface VerifyCommandOptions extends CommonOptions {
  readonly policy?: string;
}

/** No policy comes near; a file this large was named by mistake. */
const MAX_POLICY_BYTES = 1024 * 1024;

export function addVerify(program: Command, runtime: Runtime): void {
  addCommand(program, 'verify <package>', 'check a court package, link by link; no network, no account', [
    'verify ./package --policy court-policy.txt',
    'verify ./package --json',
  ])
    .option(
      '--policy <file>',
      'the logs and witnesses you trust (c2sp.org/tlog-policy), and on lines "#amana platform KEY-ID", "#amana agency ID KEY-ID" and ' +
        '"#amana tsa SHA-256" (of a root certificate) platforms, agencies and timestamp authorities; else the package\'s own claim',
    )
    .action((path: string, options: VerifyCommandOptions) =>
      runtime.run(options, (session) => verify(session, path, options)),
    );
}

/** @throws VerdictError when the package is not verified; its verdict has been printed by then where JSON was asked for */
async function verify({ output }: Session, path: string, { policy }: VerifyCommandOptions): Promise<void> {
  if (!(await stat(path)).isDirectory())
    throw new UsageError(`"${path}" is no folder; unpack a package before it is verified`);
  const pinned = policy === undefined ? undefined : await readPolicy(policy);
  const verdict = await check(output, new FolderPackage(path), pinned, policy);
  output.result(verdict, () => (verdict.verdict === 'verified' ? words(output, verdict) : ''));
  if (verdict.verdict !== 'verified') throw new VerdictError(verdict);
}

async function check(
  output: Output,
  reader: PackageReader,
  policy: Uint8Array | undefined,
  policyFile = '',
): Promise<PackageVerdict> {
  const progress = output.progress('verifying', await sizeOf(reader));
  try {
    const watched = { list: () => reader.list(), open: (path: string) => counted(reader.open(path), progress) };
    return await verifyPackage(watched, { hasher: packageHasher, at: new Date(), ...(policy && { policy }) });
  } catch (error) {
    if (error instanceof PackageError && error.code === 'bad-policy')
      throw new UsageError(`"${policyFile}": ${error.message}`);
    throw error;
  } finally {
    progress.stop();
  }
}

async function readPolicy(file: string): Promise<Uint8Array> {
  if ((await stat(file)).size > MAX_POLICY_BYTES) throw new UsageError(`"${file}" is too large to be a policy`);
  return readFile(file);
}

/** Only for the progress to be told; what cannot be listed is for the verdict to say. */
async function sizeOf(reader: PackageReader): Promise<number> {
  let sizeBytes = 0;
  try {
    for await (const entry of reader.list()) sizeBytes += entry.sizeBytes;
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
  }
  return sizeBytes;
}

async function* counted(pieces: Bytes, progress: Progress): Bytes {
  for await (const piece of pieces) {
    progress.advance(piece.length);
    yield piece;
  }
}

function words(output: Output, { detail, checked }: PackageVerdict): string {
  const { files, bytes, chunks, signatures, certificates, events, erased, proofs, cosignatures, bagFiles, pinnedKeys } =
    checked;
  const { timestamps, pinnedTimestamps } = checked;
  return output.fields({
    verdict: 'verified',
    evidence: `${files} files, ${shownSize(bytes)} in ${chunks} chunks`,
    signed: `${signatures} signatures, ${certificates} certificates and statements`,
    record: `${events} events${erased > 0 ? `, of which ${erased} erased under law` : ''}, ${proofs} proofs, ${cosignatures} cosignatures`,
    time:
      timestamps === 0
        ? 'no timestamps'
        : `${timestamps} timestamps, ${pinnedTimestamps} by authorities of your policy`,
    bag: `${bagFiles} files as listed`,
    trust: `${pinnedKeys} of 3 keys (log, platform, agency) by your policy`,
    of: detail,
  });
}
