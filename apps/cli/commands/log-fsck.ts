import type { Command } from 'commander';
import type { Api } from '#client/api';
import { type LogCheckReport, type ShownErasure, type ShownEvent, fsckLog } from '#client/log';
import { ProofError } from '#domain/merkle';
import { IntegrityError } from '../integrity-error.js';
import { headOver } from '../proven-record.js';
import type { Session } from '../session.js';
import { type LogOptions, addPolicyOption, trustedLog } from '../trusted-log.js';
import { type WatchedLog, nodeSha256Once } from '../watched-log.js';
import { type Runtime, addCommand } from './runtime.js';

interface FsckOptions extends LogOptions {
  readonly public?: boolean;
}

export function addLogFsck(log: Command, runtime: Runtime): void {
  const command = addCommand(
    log,
    'fsck',
    'recompute the whole log from its entries, hold every event you may read against it, and name the first that is wrong',
    ['log fsck', 'log fsck --json', 'log fsck --public --api https://custody.example --policy court-policy.txt'],
  );
  addPolicyOption(command)
    .option('--public', 'only what anyone may read, not the events that you may')
    .action((options: FsckOptions) => runtime.run(options, (session) => fsck(session, options)));
}

async function fsck(session: Session, options: FsckOptions): Promise<void> {
  const watched = await trustedLog(session, options);
  const { checkpoint: head } = await watched.head();
  const api = options.public === true ? null : session.apiIfSignedIn();
  const report = await check(session, watched, head.origin, head.size, api);
  tell(session, report, api !== null);
}

async function check(
  { output, patience }: Session,
  watched: WatchedLog,
  origin: string,
  size: number,
  api: Api | null,
): Promise<LogCheckReport> {
  const progress = output.progress('checking', size, (entries) => `${entries} entries`);
  let done = 0;
  return fsckLog(watched.log, watched.policy, {
    earlier: watched.seen(origin),
    ...(api && { events: shownEvents(api) }),
    headOver: (index) => headIfAny(index, watched, patience.seconds),
    sha256: nodeSha256Once,
    onProgress: (entries) => {
      progress.advance(entries - done);
      done = entries;
    },
  }).finally(() => progress.stop());
}

async function* shownEvents(api: Api): AsyncGenerator<ShownEvent | ShownErasure> {
  for await (const { index, ...shown } of api.records.eventBytes()) {
    if (index === null) continue;
    yield 'body' in shown
      ? { index, salt: Buffer.from(shown.salt, 'base64'), body: Buffer.from(shown.body, 'base64') }
      : { index, commitment: Buffer.from(shown.commitment, 'base64') };
  }
}

/** A head over an event that was recorded during the check; the log promises one within a second. */
async function headIfAny(index: number, watched: WatchedLog, patienceSeconds: number): Promise<Uint8Array | null> {
  try {
    return (await headOver(index, watched, Date.now() + patienceSeconds * 1000)).note;
  } catch (error) {
    if (error instanceof ProofError && error.code === 'bad-index') return null;
    throw error;
  }
}

/** @throws IntegrityError naming the first fault */
function tell({ output }: Session, report: LogCheckReport, withEvents: boolean): void {
  const { ok, faults, checkpoint, events, erased } = report;
  const { origin, size, root } = checkpoint;
  if (!withEvents) output.note('What events say was not checked: nobody is signed in, or --public was asked for');
  const result = { ok, origin, size, root: Buffer.from(root).toString('base64') };
  output.result({ ...result, ...(withEvents ? { events, erased } : { events: null, erased: null }), faults }, () => {
    if (!ok) return '';
    const gone = erased > 0 ? `, ${erased} of them erased under law` : '';
    const held = withEvents ? `; the ${events} events that you may read are those it has${gone}` : '';
    return `The log ${origin} is whole: ${size} entries lead to the head that is signed${held}`;
  });
  const [first, ...others] = faults;
  if (first === undefined) return;
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  throw new IntegrityError(`the log ${origin} is broken at ${first.index} (${first.part}): ${first.detail}${more}`);
}
