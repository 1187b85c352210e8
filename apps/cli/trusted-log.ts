import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ProfileError } from '#client/profile';
import { type LogPolicy, ProofError, parseLogPolicy } from '#domain/merkle';
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

/** The log of the platform asked for, under the policy given or the key that is pinned. @throws UsageError, ProfileError */
export function trustedLog(session: Session, { policy }: LogOptions = {}): WatchedLog {
  const log = session.publicLog(session.origin());
  return new WatchedLog(log, policy === undefined ? pinnedPolicy(session) : readPolicy(policy), (origin) =>
    session.home.headsPath(origin),
  );
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
