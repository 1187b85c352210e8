import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** What one comparison gave. Times in seconds, or rates per second where `unit` says so. */
export interface Comparison {
  readonly id: string;
  readonly work: string;
  readonly peer: string;
  readonly unit: 's' | '/s';
  /** Ours against the peer's, so that more is better. */
  readonly ratio: number;
  readonly reach: number;
  readonly ours: Spread;
  readonly theirs: Spread;
  readonly detail?: Readonly<Record<string, number | string>>;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** Measures ours and the peer's in turn, A B A B, so that a machine that drifts drifts for both. */
export async function inTurn(
  runs: number,
  ours: (run: number) => Promise<number>,
  theirs: (run: number) => Promise<number>,
): Promise<{ ours: Spread; theirs: Spread }> {
  const a: number[] = [];
  const b: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    b.push(await theirs(run));
    a.push(await ours(run));
  }
  return { ours: spreadOf(a), theirs: spreadOf(b) };
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const median =
    sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return {
    median: rounded(median),
    min: rounded(sorted[0] ?? 0),
    max: rounded(sorted.at(-1) ?? 0),
    runs: sorted.length,
  };
}

/** The value that this share of them does not exceed; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  return rounded(values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? 0);
}

export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** Seconds that `work` takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** Resident memory of a process, as Linux says it. */
export function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib ?? 0) / 1024;
}

/** Makes what was written before leave memory for the disk, so that a run does not pay for the one before it. */
export function settle(): void {
  execFileSync('sync');
}

/** What it was measured on, as far as it matters. */
export function machine(): Record<string, string | number> {
  const version = (command: string, ...args: string[]) => {
    try {
      return (
        execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
          .split('\n')[0]
          ?.trim() ?? ''
      );
    } catch {
      return 'not installed';
    }
  };
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    rclone: version('rclone', '--version'),
    pgbench: version('pgbench', '--version'),
    ceph: version('radosgw', '--version'),
  };
}
