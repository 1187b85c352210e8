import { randomBytes, createCipheriv } from 'node:crypto';
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exampleFacts } from '#domain/manifest';
import { DEMO_OFFICERS } from '../platform/demo-world.js';
import { runCommand } from '../platform/command.js';
import { Desk } from '../platform/desk.js';
import type { Platform } from '../platform/launch.js';
import { type Comparison, inTurn, residentMiB, rounded, seconds, settle } from './measure.js';

const MIB = 1024 * 1024;
const OFFICER = DEMO_OFFICERS[1]?.email ?? '';

/** An S3 store as rclone is told of it. */
export interface RcloneTarget {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
}

/** An officer at work in a benchmark, with files to seal. */
export class BenchDesk {
  private readonly desk: Desk;
  private count = 0;

  constructor(
    platform: Platform,
    readonly folder: string,
  ) {
    mkdirSync(folder, { recursive: true });
    this.desk = new Desk(platform, join(folder, 'home'), OFFICER);
  }

  signIn(): Promise<void> {
    return this.desk.signIn();
  }

  /** Seals and uploads; the exhibit's number. Returns once everything is stored and signed for; the recheck follows. */
  async upload(path: string): Promise<string> {
    this.count += 1;
    const number = `BENCH-${process.pid}-${Date.now()}-${this.count}`;
    const facts = join(this.folder, `facts-${this.count}.json`);
    writeFileSync(facts, JSON.stringify({ ...exampleFacts('required'), exhibitNumber: number, caseNumber: 'BENCH' }));
    await this.desk.must(['exhibit', 'upload', path, '--facts', facts, '--wait', '0']);
    return number;
  }

  /** Waits until the worker has read it back and sealed it, so that it does not work while the next is measured. */
  async sealed(number: string): Promise<void> {
    for (;;) {
      const { state } = await this.desk.json<{ state: string }>(['exhibit', 'show', number]);
      if (state === 'sealed') return;
      if (state === 'quarantined') throw new Error(`${number} was quarantined`);
      await delay(200);
    }
  }

  async fetch(number: string, into: string): Promise<void> {
    await this.desk.must(['fetch', number, '-o', into, '--purpose', 'measurement']);
  }
}

/** A file of noise: nothing on the way can make it smaller. */
export async function makeNoise(path: string, sizeBytes: number): Promise<void> {
  const noise = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16));
  const out = createWriteStream(path);
  const zeros = Buffer.alloc(4 * MIB);
  for (let written = 0; written < sizeBytes; written += zeros.length) {
    const piece = noise.update(zeros.subarray(0, Math.min(zeros.length, sizeBytes - written)));
    if (!out.write(piece)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

/** P1: seal and upload through the API to RGW, against rclone's plain copy to the same store. */
export async function benchUpload(
  desk: BenchDesk,
  file: string,
  runs: number,
  target: RcloneTarget,
): Promise<Comparison> {
  let last = '';
  const measured = await inTurn(
    runs,
    async () => {
      settle();
      const taken = await seconds(async () => (last = await desk.upload(file)));
      await desk.sealed(last);
      return taken;
    },
    async (run) => {
      settle();
      return seconds(() => rclone(target, file, `:s3:${target.bucket}/up-${run}`));
    },
  );
  return comparison(
    'P1',
    'seal and upload through the API to Ceph RGW',
    'rclone copyto, plain, 4 × 16 MiB parts',
    1.3,
    measured,
  );
}

/** P1f: the same to the file store, against what is done today: sha256sum, cp, sha256sum. */
export async function benchUploadToFiles(desk: BenchDesk, file: string, runs: number): Promise<Comparison> {
  const copy = join(desk.folder, 'copy');
  let last = '';
  const measured = await inTurn(
    runs,
    async () => {
      settle();
      const taken = await seconds(async () => (last = await desk.upload(file)));
      await desk.sealed(last);
      return taken;
    },
    async () => {
      settle();
      const taken = await seconds(() =>
        mustRun('sh', ['-c', 'sha256sum "$0" && cp "$0" "$1" && sync "$1" && sha256sum "$1"', file, copy]),
      );
      rmSync(copy);
      return taken;
    },
  );
  return comparison(
    'P1f',
    'seal and upload through the API to the file store',
    'sha256sum, cp, sha256sum',
    1.0,
    measured,
  );
}

/** P2: fetch, verify and decrypt from RGW through the API, against rclone's copy down. */
export async function benchFetch(
  desk: BenchDesk,
  file: string,
  runs: number,
  target: RcloneTarget,
): Promise<Comparison> {
  const number = await desk.upload(file);
  await desk.sealed(number);
  await rclone(target, file, `:s3:${target.bucket}/down`);
  const into = join(desk.folder, 'fetched');
  const copy = join(desk.folder, 'copied');
  const measured = await inTurn(
    runs,
    async () => {
      rmSync(into, { recursive: true, force: true });
      settle();
      return seconds(() => desk.fetch(number, into));
    },
    async () => {
      rmSync(copy, { force: true });
      settle();
      return seconds(() => rclone(target, `:s3:${target.bucket}/down`, copy));
    },
  );
  rmSync(into, { recursive: true, force: true });
  rmSync(copy, { force: true });
  return comparison(
    'P2',
    'fetch, verify and decrypt from Ceph RGW through the API',
    'rclone copyto down',
    1.0,
    measured,
  );
}

/** P6: the API's memory while eight clients upload, against itself idle. */
export async function benchMemory(platform: Platform, folder: string, sizeBytes: number): Promise<Comparison> {
  const desks = Array.from({ length: 8 }, (_, number) => new BenchDesk(platform, join(folder, `desk-${number}`)));
  const file = join(folder, 'large');
  await makeNoise(file, sizeBytes);
  for (const desk of desks) await desk.signIn();
  const idle = residentMiB(platform.processes.api.pid);
  let peak = idle;
  const watch = setInterval(() => (peak = Math.max(peak, residentMiB(platform.processes.api.pid))), 200);
  try {
    await Promise.all(desks.map((desk) => desk.upload(file)));
  } finally {
    clearInterval(watch);
  }
  const spread = (value: number) => ({ median: rounded(value), min: rounded(value), max: rounded(value), runs: 1 });
  return {
    id: 'P6',
    work: `resident memory of the API in MiB while 8 clients upload ${Math.round(sizeBytes / MIB)} MiB each`,
    peer: 'itself idle, plus 150 MiB',
    unit: 's',
    ratio: rounded((idle + 150) / peak),
    reach: 1,
    ours: spread(peak),
    theirs: spread(idle),
    detail: { growthMiB: rounded(peak - idle) },
  };
}

function comparison(
  id: string,
  work: string,
  peer: string,
  reach: number,
  { ours, theirs }: Awaited<ReturnType<typeof inTurn>>,
): Comparison {
  return { id, work, peer, unit: 's', ratio: rounded(theirs.median / ours.median), reach, ours, theirs };
}

/** A plain bucket, for what rclone stores. */
export function makePeerBucket(target: RcloneTarget): Promise<void> {
  return runRclone(target, ['mkdir', `:s3:${target.bucket}`]);
}

function rclone(target: RcloneTarget, from: string, to: string): Promise<void> {
  const parts = ['--s3-chunk-size', '16M', '--s3-upload-concurrency', '4', '--s3-no-check-bucket'];
  return runRclone(target, ['copyto', from, to, ...parts]);
}

function runRclone(target: RcloneTarget, args: readonly string[]): Promise<void> {
  // rclone refuses to start while AWS_CA_BUNDLE is set.
  const { AWS_CA_BUNDLE: _, ...environment } = process.env;
  return mustRun('rclone', args, {
    ...environment,
    RCLONE_CONFIG: '/dev/null',
    RCLONE_S3_PROVIDER: 'Ceph',
    RCLONE_S3_ENDPOINT: target.endpoint,
    RCLONE_S3_ACCESS_KEY_ID: target.accessKey,
    RCLONE_S3_SECRET_ACCESS_KEY: target.secretKey,
  });
}

async function mustRun(command: string, args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<void> {
  const { code, stderr } = await runCommand(command, args, environment);
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}: ${stderr}`);
}
