import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type Profile, ProfileError } from '#client/profile';
import {
  formatVerifierKey,
  type LogPolicy,
  ProofError,
  parseLogPolicy,
  parseVerifierKey,
  type VerifierKey,
} from '#domain/merkle';
import type { Judged } from './event-proofs.js';
import { followedLog } from './followed-log.js';
import { PinnedWitnesses } from './pinned-witnesses.js';
import type { CommonOptions, Session } from './session.js';
import { UsageError } from './usage-error.js';
import { WatchedLog, policyOfLog } from './watched-log.js';

export interface LogOptions extends CommonOptions {
  readonly policy?: string;
}

export function addPolicyOption(command: Command): Command {
  return command.option(
    '--policy <file>',
    'the logs and witnesses you trust (c2sp.org/tlog-policy), else the key pinned at sign-in',
  );
}

/**
 * The log of the platform asked for, under the policy given or the keys that are pinned; a successor that the pinned log named is followed.
 * @throws UsageError, ProfileError, SuccessionError
 */
export async function trustedLog(session: Session, { policy }: LogOptions = {}): Promise<WatchedLog> {
  const log = session.publicLog(session.origin());
  const headsPath = (origin: string) => session.home.headsPath(origin);
  if (policy !== undefined) return new WatchedLog(log, readPolicy(policy), headsPath);
  const pinned = pinnedLogKeys(await followedLog(session, session.profile()));
  return new WatchedLog(log, policyOfLog(...pinned.map(formatVerifierKey)), headsPath, pinned);
}

/**
 * The same, with the quorum that its events are judged by: that of the policy given, else of the witnesses that are pinned here; null
 * for none.
 */
export async function judgedLog(session: Session, options: LogOptions = {}): Promise<Judged> {
  const watched = await trustedLog(session, options);
  if (options.policy !== undefined)
    return { watched, witnessing: watched.policy.quorum.kind === 'none' ? null : watched.policy };
  const keys = watched.policy.logs.map(({ key }) => key);
  const [{ name: origin } = { name: '' }] = keys;
  return { watched, witnessing: new PinnedWitnesses(session.home, origin).policy(keys) };
}

/** The first is of Ed25519. @throws ProfileError 'not-trusted' */
export function pinnedLogKeys({ pins }: Pick<Profile, 'pins'>): readonly [VerifierKey, ...VerifierKey[]] {
  const { logVerifierKey, logMlDsaVerifierKey } = pins;
  if (logVerifierKey !== null)
    return [parseVerifierKey(logVerifierKey), ...(logMlDsaVerifierKey ? [parseVerifierKey(logMlDsaVerifierKey)] : [])];
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
