/** What is written, and how far: `…-written` is not yet fsynced, `…-renamed` not yet fsynced in its folder. */
export type WrittenFile = 'head' | 'identity' | 'conflict';
/** The steps of a witness at which a crash is worth trying; `AMANA_FAULT_AT` names one. */
export type FaultStep =
  `${WrittenFile}-${'written' | 'synced' | 'renamed' | 'durable'}` | 'key-used' | 'checked' | 'before-answer';

const [step, count = '1'] = (process.env.AMANA_FAULT_AT ?? '').split(':');
let remaining = Number(count);

/**
 * Ends this process as `kill -9` would when `AMANA_FAULT_AT` is this step, or `<step>:<n>` at the n-th time it is reached.
 * Does nothing unless the variable is set, which only fault tests do.
 */
export function faultPoint(reached: FaultStep): void {
  if (reached !== step) return;
  remaining -= 1;
  if (remaining === 0) process.kill(process.pid, 'SIGKILL');
}
