/** The steps of an upload, and of a job, at which a crash is worth trying; `AMANA_FAULT_AT` names one. */
export type FaultStep =
  | 'after-begin'
  | 'after-part'
  | 'after-complete'
  | 'before-commit'
  | 'after-commit'
  | 'before-answer'
  | 'before-effect'
  | 'after-effect'
  | 'effect-committed';

const [step, count = '1'] = (process.env.AMANA_FAULT_AT ?? '').split(':');
let remaining = Number(count);

const signal = process.env.AMANA_FAULT_SIGNAL === 'SIGSTOP' ? 'SIGSTOP' : 'SIGKILL';

/**
 * Ends this process as `kill -9` would when `AMANA_FAULT_AT` is this step, or `<step>:<n>` at the n-th time it is reached; with
 * `AMANA_FAULT_SIGNAL=SIGSTOP` it stands still there until it is told to go on. Does nothing unless the variable is set, which only fault tests do.
 */
export function faultPoint(reached: FaultStep): void {
  if (reached !== step) return;
  remaining -= 1;
  if (remaining === 0) process.kill(process.pid, signal);
}
