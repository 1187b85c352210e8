import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { storeFrom, type StoredPart, type Upload } from '#server/storage';
import { digestOf, freshKey, hex, PART, putPart, sample, seed, type StoreUnderTest } from './store-under-test.js';

/**
 * What a process leaves behind that is killed, and what a part costs in memory: so both need a process of their own.
 */
export function crashCases(given: () => StoreUnderTest): void {
  // Inside the checkout, where its packages are found.
  const folder = join(import.meta.dirname, '..', '..', '..', '.amana', 'test');
  const program = join(folder, `storing-child-${process.pid}.mjs`);

  beforeAll(async () => {
    await mkdir(folder, { recursive: true });
    await build({
      entryPoints: [fileURLToPath(new URL('./storing-child.ts', import.meta.url))],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      conditions: ['amana-source'],
      logLevel: 'error',
    });
  });

  afterAll(() => rm(program));

  /** Runs the child until it says a line that matches. */
  async function child(
    mode: string,
    upload: Upload,
    said: RegExp,
  ): Promise<{ line: string; kill: () => Promise<void> }> {
    const args = [program, mode, given().address, JSON.stringify(upload)];
    const env = { ...process.env, AMANA_TEST_SEED: seed, NODE_OPTIONS: '' };
    const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
    const ended = once(running, 'exit');
    for await (const line of createInterface(running.stdout)) {
      if (!said.test(line)) continue;
      const kill = async (): Promise<void> => {
        running.kill('SIGKILL');
        await ended;
      };
      return { line, kill };
    }
    throw new Error(`the child ended without saying ${said}`);
  }

  it('goes on after kill -9 in the middle of a part, from what is really there', async () => {
    const bytes = sample('crash', 3 * PART);
    const upload = await given().store.beginUpload(freshKey(), { sealedSizeBytes: 3 * PART, partSizeBytes: PART });
    const killed = await child('half-a-part', upload, /^half of part 2$/);
    await killed.kill();

    const store = await storeFrom(given().address);
    const held = await store.listParts(upload);
    expect(held.map(({ number, sizeBytes }) => [number, sizeBytes])).toEqual([[1, PART]]);
    const parts: StoredPart[] = [...held];
    for (const number of [3, 2]) {
      parts.push(await putPart(store, upload, number, bytes.subarray((number - 1) * PART, number * PART)));
    }
    const { versionId } = await store.completeUpload(upload, parts);
    expect(await digestOf(store, upload.key, versionId)).toBe(hex(bytes));
    await store.close();
  });

  it('never claims a part that a killed process was writing over', async () => {
    const upload = await given().store.beginUpload(freshKey(), { sealedSizeBytes: 3 * PART, partSizeBytes: PART });
    const killed = await child('half-a-replacement', upload, /^half of part 1 again$/);
    await killed.kill();

    const store = await storeFrom(given().address);
    const [left] = await store.listParts(upload);
    const rest = sample('crash', 3 * PART);
    const first = left ?? (await putPart(store, upload, 1, rest.subarray(0, PART)));
    const second = await putPart(store, upload, 2, rest.subarray(PART, 2 * PART));
    const third = await putPart(store, upload, 3, rest.subarray(2 * PART));
    const { versionId } = await store.completeUpload(upload, [first, second, third]);
    expect(await digestOf(store, upload.key, versionId)).toBe(hex(rest));
    await store.close();
  });

  it('holds next to nothing of a part in memory', async () => {
    const sizeBytes = 256 * 1024 * 1024;
    const upload = await given().store.beginUpload(freshKey(), {
      sealedSizeBytes: sizeBytes,
      partSizeBytes: sizeBytes,
    });
    const { line, kill } = await child('large-part', upload, /^grew by \d+ MiB$/);
    await kill();
    expect((await given().store.listParts(upload)).map(({ sizeBytes: held }) => held)).toEqual([sizeBytes]);
    await given().store.abortUpload(upload);
    expect(Number(/\d+/.exec(line)?.[0])).toBeLessThan(64);
  });
}
