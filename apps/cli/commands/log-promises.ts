import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { checkPromises, type PromiseReport } from '#client/log';
import { IntegrityError } from '../integrity-error.js';
import { PromiseFile } from '../promise-file.js';
import type { Session } from '../session.js';
import { type LogOptions, addPolicyOption, trustedLog } from '../trusted-log.js';
import { type Runtime, addCommand } from './runtime.js';

/** How long after a promise's time its platform is still waited for: a machine may be slow. */
const GRACE_MS = 10_000;
const LOOK_AGAIN_MS = 500;

export function addLogPromises(log: Command, runtime: Runtime): void {
  const command = addCommand(
    log,
    'promises',
    'check that the log has every event that the platform promised you, and name those it has not',
    ['log promises', 'log promises --json'],
  );
  addPolicyOption(command).action((options: LogOptions) =>
    runtime.run(options, (session) => promises(session, options)),
  );
}

async function promises(session: Session, options: LogOptions): Promise<void> {
  const watched = await trustedLog(session, options);
  const file = new PromiseFile(session.home);
  // A head that did not grow out of those seen before keeps no promise.
  const { checkpoint } = await watched.head();
  const kept = file.read(checkpoint.origin);
  const check = () => checkPromises(watched.log, watched.policy, kept, { now: new Date(), graceMs: GRACE_MS });
  let report = await check();
  while (report.awaited > 0) {
    await delay(LOOK_AGAIN_MS);
    report = await check();
  }
  const open = new Set(report.open);
  file.settle(
    checkpoint.origin,
    kept.filter((one) => !open.has(one)),
  );
  tell(session, report, kept.length);
}

/** @throws IntegrityError naming the first promise that was not kept */
function tell({ output }: Session, report: PromiseReport, checked: number): void {
  const { events, unkept, notPromised, checkpoint } = report;
  const { origin, size } = checkpoint;
  const ok = unkept.length === 0 && notPromised.length === 0;
  output.result({ ok, origin, size, promises: checked, events, unkept, notPromised: notPromised.length }, () =>
    ok
      ? `The log ${origin} has all ${events} events of the ${checked} promises kept here, under its head over ${size}`
      : '',
  );
  const [first] = unkept;
  if (first !== undefined) {
    const more = unkept.length > 1 ? `, and ${unkept.length - 1} more` : '';
    throw new IntegrityError(
      `${origin} has not kept its promise of ${first.promisedAt}: the event with the commitment ${first.commitment} is not in the log of ${size} entries${more}`,
    );
  }
  if (notPromised.length > 0)
    throw new IntegrityError(`${notPromised.length} promises are not signed by a key that the log ${origin} certified`);
}
