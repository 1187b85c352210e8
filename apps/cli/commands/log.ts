import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Api } from '#client/api';
import { fsckLog, proveEntries } from '#client/log';
import { ProfileError } from '#client/profile';
import type { EventView } from '#domain/contract';
import { commitmentOf, entryOf } from '#domain/custody';
import { EventId } from '#domain/evidence';
import {
  ProofError,
  type LogPolicy,
  checkpointVerifier,
  leafHash,
  parseLogPolicy,
  parseTlogProof,
  verifyTlogProof,
} from '#domain/merkle';
import { findExhibit } from '../find-exhibit.js';
import { IntegrityError } from '../integrity-error.js';
import { headOver } from '../proven-record.js';
import type { CommonOptions, Session } from '../session.js';
import { UsageError } from '../usage-error.js';
import { WatchedLog, nodeSha256Once, policyOfLog } from '../watched-log.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

const PATIENCE_MS = 60_000;

interface LogOptions extends CommonOptions {
  readonly policy?: string;
}

interface ProveOptions extends LogOptions {
  readonly exhibit?: string;
  readonly output?: string;
}

export function addLog(program: Command, runtime: Runtime): void {
  const log = addGroup(program, 'log', 'the custody log: its head, proofs, and a check of all of it');
  const policy = (command: Command) =>
    command.option(
      '--policy <file>',
      'the logs and witnesses you trust (c2sp.org/tlog-policy), else the key pinned at sign-in',
    );
  policy(
    addCommand(log, 'checkpoint', 'the head that is published now; it must have grown out of those seen before', [
      'log checkpoint',
      'log checkpoint --api https://custody.example --policy court-policy.txt',
    ]),
  ).action((options: LogOptions) => runtime.run(options, (session) => checkpoint(session, options)));
  policy(
    addCommand(log, 'prove <event>', 'a proof that an event is in the log, checked before it is given', [
      'log prove 1c0e… -o event.tlog-proof',
    ]),
  )
    .option('--exhibit <exhibit>', 'the exhibit it is of, which finds it faster')
    .option('-o, --output <file>', 'where to; stdout without it')
    .action((event: string, options: ProveOptions) =>
      runtime.run(options, (session) => prove(session, event, options)),
    );
  policy(
    addCommand(log, 'fsck', 'recompute the whole log from its entries, and name the first that is wrong', [
      'log fsck',
      'log fsck --json',
    ]),
  ).action((options: LogOptions) => runtime.run(options, (session) => fsck(session, options)));
}

/** The log of the platform asked for, under the policy given or the key that is pinned. */
export function watchedLog(session: Session, { policy }: LogOptions = {}): WatchedLog {
  const log = session.publicLog(session.origin());
  return new WatchedLog(log, policy === undefined ? pinnedPolicy(session) : readPolicy(policy), (origin) =>
    session.home.headsPath(origin),
  );
}

async function checkpoint(session: Session, options: LogOptions): Promise<void> {
  const { note, checkpoint: head } = await watchedLog(session, options).head();
  const { origin, size, root } = head;
  const text = new TextDecoder().decode(note);
  session.output.result({ origin, size, root: Buffer.from(root).toString('base64'), note: text }, () => text.trimEnd());
}

async function prove(session: Session, wanted: string, options: ProveOptions): Promise<void> {
  const id = EventId.safeParse(wanted.toLowerCase());
  if (!id.success) throw new UsageError(`"${wanted}" is not the id of an event`);
  const watched = watchedLog(session, options);
  const { index, salt, body } = await findEvent(session.api(), id.data, options.exhibit);
  const { note, checkpoint: head } = await headOver(index, watched, Date.now() + PATIENCE_MS);
  const [proof = new Uint8Array(0)] = await proveEntries([index], note, watched.policy, watched.log);
  const leaf = leafHash(entryOf(commitmentOf(Buffer.from(salt, 'base64'), Buffer.from(body, 'base64'))));
  verifyTlogProof(parseTlogProof(proof), leaf, checkpointVerifier(watched.policy));
  const text = new TextDecoder().decode(proof);
  if (options.output !== undefined) writeFileSync(options.output, text, { flag: 'wx' });
  const { origin, size } = head;
  session.output.result({ eventId: id.data, index, origin, size, salt, body, proof: text }, () =>
    options.output === undefined
      ? text.trimEnd()
      : `Event ${id.data} is entry ${index} of ${origin}, of ${size}; the proof is in ${session.output.shown(options.output)}`,
  );
}

async function findEvent(api: Api, id: EventId, exhibit: string | undefined): Promise<EventView & { index: number }> {
  const exhibitId = exhibit === undefined ? undefined : await findExhibit(api, exhibit);
  for await (const event of api.records.events(exhibitId)) {
    if (event.id !== id) continue;
    if (event.index === null)
      throw new UsageError(`the event ${id} has no place in the log yet; try again in a second`);
    return { ...event, index: event.index };
  }
  throw new UsageError(`there is no event ${id}, or not for you`);
}

async function fsck(session: Session, options: LogOptions): Promise<void> {
  const { output } = session;
  const watched = watchedLog(session, options);
  const { checkpoint: head } = await watched.head();
  const progress = output.progress('checking', head.size);
  let done = 0;
  const report = await fsckLog(watched.log, watched.policy, {
    earlier: watched.seen(head.origin),
    sha256: nodeSha256Once,
    onProgress: (entries) => {
      progress.advance(entries - done);
      done = entries;
    },
  }).finally(() => progress.stop());
  const { ok, faults, checkpoint: checked } = report;
  const { origin, size, root } = checked;
  output.result({ ok, origin, size, root: Buffer.from(root).toString('base64'), faults }, () =>
    ok ? `The log ${origin} is whole: ${size} entries lead to the head that is signed` : '',
  );
  const [first, ...others] = faults;
  if (first === undefined) return;
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  throw new IntegrityError(`the log ${origin} is broken at ${first.index} (${first.part}): ${first.detail}${more}`);
}

function pinnedPolicy(session: Session): LogPolicy {
  const { logVerifierKey } = session.profile().pins;
  if (logVerifierKey !== null) return policyOfLog(logVerifierKey);
  throw new ProfileError('not-trusted', 'the platform has not said by which key its log is checked; sign in again');
}

function readPolicy(file: string): LogPolicy {
  try {
    return parseLogPolicy(readFileSync(file));
  } catch (cause) {
    if (cause instanceof ProofError) throw new UsageError(`"${file}": ${cause.message}`);
    throw cause;
  }
}
