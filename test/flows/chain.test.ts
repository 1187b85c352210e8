import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exampleFacts } from '#domain/manifest';
import { Desk } from '../../scripts/platform/desk.js';
import { DEMO_OFFICERS } from '../../scripts/platform/demo-world.js';
import { launch, type Platform, type PlatformOptions } from '../../scripts/platform/launch.js';
import { seedDemo } from '../../scripts/platform/seed.js';
import { startCephRgw } from '../../scripts/services/ceph-rgw.js';
import { startRedis } from '../../scripts/services/redis.js';
import { requires } from '../support/requires.js';

const MIB = 1024 * 1024;
const PART = 16 * MIB;
const [, AMAL = '', BRUNO = '', , PETRA = '', OMAR = ''] = DEMO_OFFICERS.map(({ email }) => email);
const CANARY = 'canary-7f3c5a90-of-the-plaintext';

interface Stack {
  readonly options: Partial<PlatformOptions>;
  stop(): Promise<unknown>;
}

/** The whole chain, by the command line as people use it, on one stack of services. */
function theChain(openStack: (folder: string) => Promise<Stack>): void {
  const folder = mkdtempSync(join(tmpdir(), 'amana-chain-'));
  let stack: Stack;
  let platform: Platform;
  let amal: Desk;
  let bruno: Desk;
  let petra: Desk;
  let omar: Desk;
  beforeAll(async () => {
    stack = await openStack(folder);
    platform = await launch({ folder: join(folder, 'platform'), ...stack.options });
    await seedDemo(platform);
    [amal, bruno, petra, omar] = [AMAL, BRUNO, PETRA, OMAR].map(
      (email) => new Desk(platform, join(folder, 'homes', email), email),
    ) as [Desk, Desk, Desk, Desk];
    for (const desk of [amal, bruno, petra, omar]) await desk.signIn();
  }, 180_000);
  afterAll(async () => {
    await platform?.stop();
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  let count = 0;
  function factsFile(): { file: string; number: string } {
    count += 1;
    const number = `EX-${count}`;
    const file = join(folder, `facts-${count}.json`);
    writeFileSync(file, JSON.stringify({ ...exampleFacts('required'), exhibitNumber: number, caseNumber: 'SP-1' }));
    return { file, number };
  }

  function place(name: string): string {
    const made = join(folder, name);
    mkdirSync(made, { recursive: true });
    return made;
  }

  async function upload(...paths: string[]): Promise<string> {
    const { file, number } = factsFile();
    await amal.must(['exhibit', 'upload', ...paths, '--facts', file]);
    return number;
  }

  async function shareWithPetra(number: string): Promise<string> {
    const grant = await amal.json<{ id: string }>([
      ...['share', 'propose', number, '--team', 'JIT Safe Passage', '--to', 'Borealia Prosecution Service'],
      ...['--purpose', 'trial', '--basis', 'JIT agreement, clause 4', '--until', '2030-01-01'],
    ]);
    await bruno.must(['share', 'approve', grant.id]);
    await petra.must(['share', 'accept', grant.id, '--undertaking', 'for the trial alone']);
    return grant.id;
  }

  it('takes files of every awkward size, and gives them back byte for byte in another state', async () => {
    const source = place('sizes');
    const sizes = [0, 1, 65_535, 65_536, 65_537, MIB - 1, MIB, MIB + 1, PART - 1, PART, PART + 1, 3 * PART + 7];
    for (const size of sizes) writeFileSync(join(source, `of-${size}`), randomBytes(size));
    const number = await upload(source);
    await shareWithPetra(number);
    const fetched = join(folder, 'fetched-sizes');
    await petra.must(['fetch', number, '-o', fetched, '--purpose', 'trial']);
    for (const size of sizes) {
      const name = `of-${size}`;
      expect([name, digestOf(join(fetched, 'sizes', name))]).toEqual([name, digestOf(join(source, name))]);
    }
  }, 240_000);

  it('keeps names of any script byte for byte, and lets none lead out of the folder', async () => {
    const source = place('names');
    const names = [
      'قائمة الأسماء.txt',
      '路线图.pdf',
      'маршрут.doc',
      'photo\u202Egpj.exe',
      'é-nfc',
      'e\u0301-nfd',
      'two\r\nlines',
      'quote"s',
      'zero\u200Bwidth',
      '-rf',
      '=cmd()',
      'CON',
      'dot.',
      '\u001B[31mred',
      'x'.repeat(255),
    ];
    for (const [at, name] of names.entries()) writeFileSync(join(source, name), `content ${at}`);
    const number = await upload(source);
    const { files } = await amal.json<{ files: { name: string }[] }>(['exhibit', 'show', number]);
    expect(files.map(({ name }) => name).sort()).toEqual(names.map((name) => `names/${name}`).sort());
    const fetched = join(folder, 'fetched-names');
    await amal.must(['fetch', number, '-o', fetched, '--purpose', 'check']);
    const contents = readdirSync(fetched, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .filter((text) => text.startsWith('content '));
    expect(contents.sort()).toEqual(names.map((_, at) => `content ${at}`).sort());
  }, 120_000);

  it('goes on with an upload after client and API were killed in the middle', async () => {
    const source = place('large');
    const image = join(source, 'image.raw');
    writeFileSync(image, randomBytes(6 * PART + 11));
    const { file, number } = factsFile();
    const args = ['exhibit', 'upload', image, '--facts', file];
    const client = amal.start(args);
    const gone = new Promise<void>((resolve) => client.once('exit', () => resolve()));
    await until(async () => client.exitCode !== null || (await receivedParts(number)) > 0);
    client.kill('SIGKILL');
    await gone;
    const again = amal.start(args);
    const ended = new Promise<number | null>((resolve) => again.once('exit', (code) => resolve(code)));
    await platform.processes.api.kill();
    await platform.restart('api');
    expect(await ended).toBe(0);
    const { state, files } = await amal.json<{ state: string; files: { sha256: string }[] }>([
      'exhibit',
      'show',
      number,
    ]);
    expect(state).toBe('sealed');
    expect(files.map(({ sha256 }) => sha256)).toEqual([digestOf(image)]);
  }, 240_000);

  async function receivedParts(number: string): Promise<number> {
    const list = await amal.json<{ id: string }[]>(['exhibit', 'list', '--number', number]);
    if (!list[0]) return 0;
    const shown = await amal.json<{ state: string }>(['exhibit', 'show', list[0].id]);
    return shown.state === 'registered' ? 0 : 1;
  }

  it('takes a draft that was sealed without any network, and a sparse file', async () => {
    const source = place('draft-source');
    const sparse = join(source, 'sparse.raw');
    writeFileSync(sparse, `${CANARY}\n`);
    truncateSync(sparse, 40 * MIB);
    const { file, number } = factsFile();
    const draft = join(folder, 'draft');
    const offline = new Desk(
      { publicUrl: 'http://127.0.0.1:1', secrets: platform.secrets, folder: platform.folder },
      amal.home,
      amal.email,
    );
    await offline.must(['exhibit', 'seal', source, '--facts', file, '-o', draft]);
    await amal.must(['exhibit', 'upload', draft]);
    const fetched = join(folder, 'fetched-draft');
    await amal.must(['fetch', number, '-o', fetched, '--purpose', 'check']);
    expect(digestOf(join(fetched, 'draft-source', 'sparse.raw'))).toBe(digestOf(sparse));
  }, 180_000);

  it('takes hundreds of small files in one exhibit', async () => {
    const source = place('many');
    for (let at = 0; at < 400; at += 1) writeFileSync(join(source, `note-${at}.txt`), `note ${at}`);
    const number = await upload(source);
    const { state, files } = await amal.json<{ state: string; files: unknown[] }>(['exhibit', 'show', number]);
    expect([state, files.length]).toEqual(['sealed', 400]);
  }, 240_000);

  it('stops giving bytes when the grant is revoked, and says under which rule', async () => {
    const source = place('revoked');
    writeFileSync(join(source, 'a'), 'a');
    const number = await upload(source);
    const grant = await shareWithPetra(number);
    const [exhibit] = await petra.json<{ id: string }[]>(['exhibit', 'list', '--number', number]);
    await petra.must(['fetch', number, '-o', join(folder, 'before'), '--purpose', 'trial']);
    await amal.must(['share', 'revoke', grant, '--reason', 'ended']);
    const refused = await petra.run(['fetch', exhibit?.id ?? '', '-o', join(folder, 'after'), '--purpose', 'trial']);
    expect([refused.code, refused.stdout]).toEqual([3, '']);
    expect(refused.stderr).toContain('grant-revoked');
    await until(async () =>
      (await omar.json<{ because: string }[]>(['audit', 'queue'])).some(({ because }) => because.includes('revoked')),
    );
  }, 180_000);

  it('hands out a package that verifies offline, and opens with the agency key', async () => {
    const number = await upload(place('sizes'));
    const target = join(folder, 'package');
    await amal.must(['package', number, '-o', target]);
    const verified = await amal.run(['verify', target, '--json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({ verdict: 'verified', link: null });
    expect(verified.code).toBe(0);
    expect((await amal.run(['verify', target, '--json'])).stdout).toBe(verified.stdout);
    const evidence = join(target, 'data/evidence');
    const [first = ''] = readdirSync(evidence);
    const broken = join(folder, 'broken-package');
    cpSync(target, broken, { recursive: true });
    flipBit(join(broken, 'data/evidence', first));
    const refused = await amal.run(['verify', broken, '--json']);
    expect(refused.code).toBe(4);
    expect(JSON.parse(refused.stdout)).toMatchObject({ verdict: 'broken', link: 'payload' });
  }, 180_000);

  it('has a log that checks from the outside, from its first entry to its head', async () => {
    const outcome = await amal.run(['log', 'fsck', '--json']);
    expect([outcome.code, outcome.stderr]).toEqual([0, expect.any(String)]);
    const checkpoint = await amal.must(['log', 'checkpoint']);
    expect(checkpoint.stdout).toContain(platform.logOrigin);
  }, 120_000);

  it('goes on after the worker was killed with work to do', async () => {
    await platform.processes.worker.kill();
    const source = place('waiting');
    writeFileSync(join(source, 'a'), randomBytes(3 * MIB));
    const { file, number } = factsFile();
    await amal.must(['exhibit', 'upload', source, '--facts', file, '--wait', '0']);
    await platform.restart('worker');
    await until(async () => (await amal.json<{ state: string }>(['exhibit', 'show', number])).state === 'sealed');
  }, 180_000);

  it('shows the operator nothing of the plaintext: no canary in database, store, queue or logs', async () => {
    await platform.stop();
    const found = ['platform', 'redis']
      .flatMap((part) => (existsSync(join(folder, part)) ? filesBelow(join(folder, part)) : []))
      .filter((file) => readFileSync(file).includes(CANARY));
    expect(found).toEqual([]);
  }, 60_000);
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function flipBit(file: string): void {
  const bytes = readFileSync(file);
  const at = bytes.length - 5;
  bytes[at] = (bytes[at] ?? 0) ^ 4;
  writeFileSync(file, bytes);
}

function filesBelow(folder: string): string[] {
  execFileSync('chmod', ['-R', 'u+rX', folder]);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => statSync(file).size < 512 * MIB);
}

/** Waits for what the world does in its own time. @throws Error after two minutes */
async function until(come: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    if (await come()) return;
    await delay(100);
  }
  throw new Error('it did not come about within two minutes');
}

describe('the chain on embedded defaults', () => {
  theChain(async () => ({ options: {}, stop: () => Promise.resolve() }));
});

requires('redis-server', 'radosgw')('the chain on Redis and Ceph RGW', () => {
  theChain(async (folder) => {
    const redis = await startRedis({ folder: join(folder, 'redis') });
    const ceph = await startCephRgw({ folder: join(folder, 'ceph') });
    return {
      options: { redisUrl: redis.url, store: ceph.storeUrl('amana') },
      stop: async () => {
        await redis.stop();
        await ceph.stop();
      },
    };
  });
});
