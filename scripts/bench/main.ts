// Ratios against real peers, ours and theirs in turn, in one run on one machine. Writes bench/results.json.
// AMANA_BENCH_GIB sets the size of the file (4), AMANA_BENCH_RUNS the runs of each (3); `-- P1 P3` picks some.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, type Platform, type PlatformOptions } from '../platform/launch.js';
import { seedDemo } from '../platform/seed.js';
import { cephInstalled, startCephRgw } from '../services/ceph-rgw.js';
import { hasCommand } from '../services/has-command.js';
import { benchCustodyEvents, benchWitnessedRate } from './custody-events.js';
import { benchExhibitPage } from './exhibit-page.js';
import { benchFsck } from './fsck.js';
import { benchLargeLog } from './large-log.js';
import { type Comparison, machine } from './measure.js';
import {
  BenchDesk,
  benchFetch,
  benchMemory,
  benchUpload,
  benchUploadToFiles,
  makeNoise,
  makePeerBucket,
  type RcloneTarget,
} from './transfers.js';
import { benchWitnessed } from './witnessed-events.js';

const GIB = 2 ** 30;
const sizeBytes = Number(process.env.AMANA_BENCH_GIB ?? 4) * GIB;
const runs = Number(process.env.AMANA_BENCH_RUNS ?? 3);
const picked = process.argv.slice(2).filter((word) => /^P\d/.test(word));
const wanted = (id: string) => picked.length === 0 || picked.includes(id);

const folder = mkdtempSync(join(process.env.AMANA_BENCH_FOLDER ?? tmpdir(), 'amana-bench-'));
const results: Comparison[] = [];
const skipped: string[] = [];
const say = (line: string) => process.stdout.write(`${line}\n`);

function report(...comparisons: readonly Comparison[]): void {
  results.push(...comparisons);
  for (const { id, ratio, reach, ours, theirs, work, peer, detail } of comparisons) {
    say(
      `${id}  ${ratio.toFixed(2)} (to reach: ${reach})  ours ${ours.median}, theirs ${theirs.median}  ${work}; against ${peer}${detail ? `  ${JSON.stringify(detail)}` : ''}`,
    );
  }
}

async function withPlatform(
  name: string,
  store: string | undefined,
  work: (platform: Platform) => Promise<void>,
  more: Pick<PlatformOptions, 'witnesses' | 'timestamps'> = {},
): Promise<void> {
  const platform = await launch({ folder: join(folder, name), store, ...more });
  try {
    await seedDemo(platform);
    await work(platform);
  } finally {
    await platform.stop();
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

try {
  const source = join(folder, 'source');
  if (['P1', 'P1f', 'P2'].some(wanted)) await makeNoise(source, sizeBytes);
  if (wanted('P3')) {
    if (hasCommand('pgbench'))
      await withPlatform('events', undefined, async (platform) => report(await benchCustodyEvents(platform)));
    else skipped.push('P3: pgbench is not installed');
  }
  if (wanted('P3w') || wanted('P3c')) await benchWithWitnesses();
  if (wanted('P5')) await withPlatform('page', undefined, async (platform) => report(await benchExhibitPage(platform)));
  if (wanted('P7'))
    await withPlatform('large', undefined, async (platform) => report(...(await benchLargeLog(platform))));
  if (wanted('P7f')) await withPlatform('fsck', undefined, async (platform) => report(await benchFsck(platform)));
  if (wanted('P1f')) {
    await withPlatform('files', undefined, async (platform) => {
      const desk = new BenchDesk(platform, join(folder, 'desk'));
      await desk.signIn();
      report(await benchUploadToFiles(desk, source, runs));
    });
  }
  if (wanted('P1') || wanted('P2')) {
    if (cephInstalled() && hasCommand('rclone')) await benchOnCeph(source);
    else skipped.push('P1, P2: Ceph RGW or rclone is not installed');
  }
  if (wanted('P6')) {
    rmSync(source, { force: true });
    await withPlatform('memory', undefined, async (platform) =>
      report(await benchMemory(platform, join(folder, 'memory'), sizeBytes)),
    );
  }
  for (const line of skipped) say(`left out  ${line}`);
  writeResults();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** With two witnesses and timestamps; for the rate, against a platform that has neither, idle while the other works. */
async function benchWithWitnesses(): Promise<void> {
  const witnesses = ['witness.a.example', 'witness.b.example'];
  await withPlatform(
    'witnessed',
    undefined,
    async (platform) => {
      if (wanted('P3c')) report(await benchWitnessed(platform));
      if (wanted('P3w'))
        await withPlatform('bare', undefined, async (bare) => report(await benchWitnessedRate(platform, bare)));
    },
    { witnesses, timestamps: true },
  );
}

async function benchOnCeph(source: string): Promise<void> {
  const ceph = await startCephRgw({ folder: join(folder, 'ceph'), capacityGiB: 64 });
  try {
    await withPlatform('s3', ceph.storeUrl('amana'), async (platform) => {
      const desk = new BenchDesk(platform, join(folder, 'desk-s3'));
      await desk.signIn();
      const target: RcloneTarget = {
        endpoint: ceph.endpoint,
        accessKey: ceph.accessKey,
        secretKey: ceph.secretKey,
        bucket: 'peer',
      };
      await makePeerBucket(target);
      if (wanted('P1')) report(await benchUpload(desk, source, runs, target));
      if (wanted('P2')) report(await benchFetch(desk, source, runs, target));
    });
  } finally {
    await ceph.stop();
  }
}

/** Results of an earlier run stay where this one did not measure anew: each says when, on what size and in how many runs. */
function writeResults(): void {
  const file = join('bench', 'results.json');
  mkdirSync('bench', { recursive: true });
  const measured = { measuredOn: new Date().toISOString().slice(0, 10), sizeBytes, runs };
  const fresh = results.map((result) => ({ ...result, ...measured }));
  const kept = earlierResults(file).filter(({ id }) => !fresh.some((result) => result.id === id));
  const all = [...kept, ...fresh].sort((one, other) => one.id.localeCompare(other.id));
  writeFileSync(file, `${JSON.stringify({ machine: machine(), results: all, skipped }, null, 2)}\n`);
}

function earlierResults(file: string): { id: string }[] {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { results: { id: string }[] }).results;
  } catch {
    return [];
  }
}
