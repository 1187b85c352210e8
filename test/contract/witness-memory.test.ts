import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseVerifierKey } from '#domain/merkle';
import { addCheckpointBody, TestLog } from '../support/test-log.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { requireCosigned, WitnessFolder, witnessCommand, type RunningWitness } from '../support/witness-process.js';

const base = temporaryFolder('witness-memory');
const log = new TestLog('custody.example/log/a');
const other = new TestLog('custody.example/log/b');
let count = 0;
let folder: WitnessFolder;
const running: RunningWitness[] = [];

beforeEach(async () => {
  folder = await new WitnessFolder(join(base, String(++count)), 'witness.example/w1').prepare([log, other]);
});
afterEach(() => Promise.all(running.splice(0).map(({ process }) => process.kill())));

async function start(faultAt?: string): Promise<RunningWitness> {
  const witness = await folder.start(faultAt);
  running.push(witness);
  return witness;
}

/** Whether the head reached its place before the kill, after which the caller has no answer. */
const KILLS: [step: string, remembered: boolean][] = [
  ['checked', false],
  ['head-written', false],
  ['head-synced', false],
  ['head-renamed', true],
  ['head-durable', true],
  ['before-answer', true],
];

describe('a witness that is killed', () => {
  it.each(KILLS)('at %s of a later head neither rolls back nor forks', async (step, remembered) => {
    const first = await start(`${step}:2`);
    await first.cosign(log, 0, 3);
    await expect(first.cosign(log, 3, 7)).rejects.toThrow('fetch failed');
    expect(await first.process.ended).toBe('SIGKILL');
    await neverTwice(await start(), remembered ? 7 : 3);
  });

  it.each([...KILLS, ['identity-written', true], ['identity-synced', true], ['identity-renamed', true]] as const)(
    'at %s of the first head neither rolls back nor forks',
    async (step, remembered) => {
      // The start writes the identity once.
      const first = await start(step.startsWith('identity') ? `${step}:2` : step);
      await expect(first.cosign(log, 0, 7)).rejects.toThrow('fetch failed');
      expect(await first.process.ended).toBe('SIGKILL');
      await neverTwice(await start(), remembered ? 7 : 0);
    },
  );

  it.each(['identity-written', 'identity-synced', 'identity-renamed', 'identity-durable', 'key-used'])(
    'at %s of its very first start starts again',
    async (step) => {
      await expect(start(step)).rejects.toThrow('SIGKILL');
      const witness = await start();
      await witness.cosign(log, 0, 3);
      expect(existsSync(`${folder.keyFile}.unused`)).toBe(false);
    },
  );

  it.each([
    ['conflict-written', 0],
    ['conflict-synced', 0],
    ['conflict-renamed', 1],
    ['conflict-durable', 1],
  ])('at %s keeps the evidence or none, and learns it again', async (step, kept) => {
    const first = await start(step);
    await first.cosign(log, 0, 3);
    const fork = addCheckpointBody(3, [], log.forkAt(2).checkpoint(3));
    await expect(first.post(fork)).rejects.toThrow('fetch failed');
    const second = await start();
    expect(await second.conflicts()).toHaveLength(kept);
    expect((await second.post(fork)).status).toBe(409);
    expect(await second.conflicts()).toHaveLength(1);
    await neverTwice(second, 3);
  });

  /** It remembers `size` and goes on from there; what contradicts either head that it may have cosigned is refused. */
  async function neverTwice(witness: RunningWitness, size: number): Promise<void> {
    expect(await witness.size(log)).toBe(size);
    if (size > 0) {
      const fork = log.forkAt(size - 1);
      expect((await witness.post(addCheckpointBody(size, [], fork.checkpoint(size)))).status).toBe(409);
      expect((await witness.post(fork.request(size, size + 2))).status).toBe(422);
      expect((await witness.post(log.request(0, 1))).status).toBe(409);
      await witness.cosign(log, size, size);
    }
    await witness.cosign(log, size, 9);
    expect((await witness.post(log.request(9, 7))).status).toBe(400);
    expect(readdirSync(join(folder.dataFolder, 'heads')).filter((name) => name.endsWith('.new'))).toEqual([]);
  }
});

describe('the memory of a witness', () => {
  const headFile = () => {
    const [name = ''] = readdirSync(join(folder.dataFolder, 'heads'));
    return join(folder.dataFolder, 'heads', name);
  };

  async function rememberThree(): Promise<void> {
    const witness = await start();
    await witness.cosign(log, 0, 3);
    await witness.process.stop();
  }

  it.each<[string, () => void]>([
    ['a flipped bit in a head', () => flipInTheMiddle(headFile())],
    ['nothing left', () => rmSync(folder.dataFolder, { recursive: true })],
  ])('with %s is not worked with, and the message says what to do', async (_, damage) => {
    await rememberThree();
    damage();
    const { code, stdout, stderr } = await witnessCommand([folder.configFile]);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain(folder.dataFolder);
    expect(stderr).toContain('do not restore this folder from a backup');
    expect(stderr).toContain('make a new key (keygen) with a new data folder');
  });

  it("is refused to another's key", async () => {
    await rememberThree();
    const stranger = await new WitnessFolder(join(base, `${count}-other`), 'other.example/w1').prepare([log]);
    copyFileSync(stranger.keyFile, folder.keyFile);
    folder.configure([log], { name: stranger.name });
    const { code, stderr } = await witnessCommand([folder.configFile]);
    expect([code, stderr]).toEqual([4, expect.stringContaining('A new key begins with a folder of its own')]);
  });

  it('is one process alone, and free as soon as that is killed', async () => {
    const first = await start();
    const rivals = await Promise.all([1, 2, 3].map(() => witnessCommand([folder.configFile])));
    for (const { code, stderr } of rivals) {
      expect([code, stderr]).toEqual([5, expect.stringContaining(`process ${first.process.pid}`)]);
    }
    await first.cosign(log, 0, 3);
    await first.process.kill();
    const contenders = await Promise.allSettled([1, 2, 3].map(() => folder.start()));
    const won = contenders.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    running.push(...won);
    expect(won).toHaveLength(1);
    await won[0]!.cosign(log, 3, 4);
  });

  it('outlives a log that is taken out of the configuration', async () => {
    await rememberThree();
    folder.configure([other]);
    const without = await start();
    expect((await without.post(log.request(3, 4))).status).toBe(404);
    await without.process.stop();
    folder.configure([log, other]);
    const again = await start();
    expect((await again.post(log.request(0, 4))).status).toBe(409);
    await again.cosign(log, 3, 4);
  });

  it('is readable by its user alone', async () => {
    await rememberThree();
    expect(statSync(folder.dataFolder).mode & 0o077).toBe(0);
    expect(statSync(headFile()).mode & 0o077).toBe(0);
  });

  it('that cannot be written refuses, says that it is not ready, and goes on where it was', async () => {
    const witness = await start();
    await witness.cosign(log, 0, 3);
    // The place of the unfinished file is taken: this holds for root too, who may write where nobody may.
    const blocked = `${headFile()}.new`;
    mkdirSync(blocked);
    expect((await witness.post(log.request(3, 4))).status).toBe(500);
    expect(await witness.size(log)).toBe(3);
    expect((await fetch(`${witness.url}/health/ready`)).status).toBe(503);
    rmSync(blocked, { recursive: true });
    await witness.cosign(log, 3, 4);
    expect((await fetch(`${witness.url}/health/ready`)).status).toBe(200);
  });
});

describe('the key of a witness', () => {
  it('is made once', async () => {
    const key = readFileSync(folder.keyFile, 'utf8');
    const { code, stderr } = await witnessCommand(['keygen', 'witness.example/w1', folder.keyFile]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('a key is made once')]);
    expect(readFileSync(folder.keyFile, 'utf8')).toBe(key);
    expect(existsSync(`${folder.keyFile}.unused`)).toBe(true);
  });

  it('may be two, one of which no quantum computer forges', async () => {
    for (const path of [folder.keyFile, `${folder.keyFile}.unused`]) rmSync(path);
    const { stdout } = await witnessCommand(['keygen', 'witness.example/w1', folder.keyFile, '--ml-dsa-44']);
    const keys = stdout.trim().split('\n').map(parseVerifierKey);
    expect(keys.map(({ type }) => type)).toEqual(['cosignature-v1', 'ml-dsa-44']);
    const witness = await start();
    const { verifierKey, moreVerifierKeys } = await witness.overview();
    expect([verifierKey, ...(moreVerifierKeys ?? [])].join('\n')).toBe(stdout.trim());
    const lines = await (await witness.post(log.request(0, 3))).text();
    for (const key of keys) requireCosigned(log.checkpoint(3), lines, key);
  });

  it('that others can read is refused, and not shown', async () => {
    chmodSync(folder.keyFile, 0o640);
    const { code, stderr } = await witnessCommand([folder.configFile]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('chmod 600')]);
    expect(stderr).not.toContain('PRIVATE');
  });
});

function flipInTheMiddle(file: string): void {
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  writeFileSync(file, bytes);
}
