import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Api } from '#client/api';
import { proveEntries } from '#client/log';
import type { EventView } from '#domain/contract';
import { EventId } from '#domain/evidence';
import { proofWords, proveEvents } from '../event-proofs.js';
import { findExhibit } from '../find-exhibit.js';
import { headOver } from '../proven-record.js';
import type { Session } from '../session.js';
import { type LogOptions, addPolicyOption, judgedLog, trustedLog } from '../trusted-log.js';
import { UsageError } from '../usage-error.js';
import { addLogFsck } from './log-fsck.js';
import { addLogPromises } from './log-promises.js';
import { addLogWitness } from './log-witness.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

const PATIENCE_MS = 60_000;

interface ProveOptions extends LogOptions {
  readonly exhibit?: string;
  readonly output?: string;
}

export function addLog(program: Command, runtime: Runtime): void {
  const log = addGroup(program, 'log', 'the custody log: its head, proofs, and a check of all of it');
  addPolicyOption(
    addCommand(log, 'checkpoint', 'the head that is published now; it must have grown out of those seen before', [
      'log checkpoint',
      'log checkpoint --api https://custody.example --policy court-policy.txt',
    ]),
  ).action((options: LogOptions) => runtime.run(options, (session) => checkpoint(session, options)));
  addPolicyOption(
    addCommand(log, 'prove <event>', 'a proof that an event is in the log, checked before it is given', [
      'log prove 1c0e… -o event.tlog-proof',
    ]),
  )
    .option('--exhibit <exhibit>', 'the exhibit it is of, which finds it faster')
    .option('-o, --output <file>', 'where to; stdout without it')
    .action((event: string, options: ProveOptions) =>
      runtime.run(options, (session) => prove(session, event, options)),
    );
  addLogFsck(log, runtime);
  addLogPromises(log, runtime);
  addLogWitness(log, runtime);
}

async function checkpoint(session: Session, options: LogOptions): Promise<void> {
  const { note, checkpoint: head } = await (await trustedLog(session, options)).head();
  const { origin, size, root } = head;
  const text = new TextDecoder().decode(note);
  session.output.result({ origin, size, root: Buffer.from(root).toString('base64'), note: text }, () => text.trimEnd());
}

async function prove(session: Session, wanted: string, options: ProveOptions): Promise<void> {
  const id = EventId.safeParse(wanted.toLowerCase());
  if (!id.success) throw new UsageError(`"${wanted}" is not the id of an event`);
  const { watched, witnessing } = await judgedLog(session, options);
  const event = await findEvent(session.api(), id.data, options.exhibit);
  const { index, salt, body } = event;
  const seen = await headOver(index, watched, Date.now() + PATIENCE_MS);
  const { note, checkpoint: head } = seen;
  const [standing] = await proveEvents([event], seen, { watched, witnessing });
  const [proof = new Uint8Array(0)] = await proveEntries([index], note, watched.policy, watched.log);
  const text = new TextDecoder().decode(proof);
  if (options.output !== undefined) writeFileSync(options.output, text, { flag: 'wx' });
  const { origin, size } = head;
  if (standing) session.output.note(`Event ${id.data}: ${session.output.shown(proofWords(standing))}`);
  session.output.result({ eventId: id.data, index, origin, size, salt, body, standing, proof: text }, () =>
    options.output === undefined
      ? text.trimEnd()
      : `Event ${id.data} is entry ${index} of ${origin}, of ${size}; the proof is in ${session.output.shown(options.output)}`,
  );
}

async function findEvent(api: Api, id: EventId, exhibit: string | undefined): Promise<EventView & { index: number }> {
  const exhibitId = exhibit === undefined ? undefined : await findExhibit(api, exhibit);
  for await (const event of api.records.events(exhibitId)) {
    if (event.id !== id) continue;
    if (!('body' in event)) throw new UsageError(`the event ${id} is erased: the log has its commitment alone`);
    if (event.index === null)
      throw new UsageError(`the event ${id} has no place in the log yet; try again in a second`);
    return { ...event, index: event.index };
  }
  throw new UsageError(`there is no event ${id}, or not for you`);
}
