import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InlineEngine, type SealedPart } from '#client/seal';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { bundleThreads } from '../../../test/support/thread-bundle.js';
import { nodeAead } from './aead.js';
import { nodeSha256 } from './chunk-hasher.js';
import { nodeFurtherHashes } from './further-hashes.js';
import { PathSource } from './path-source.js';
import { ThreadedEngine } from './threaded-engine.js';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';

const folder = temporaryFolder('engine');
const inline = new InlineEngine({ aead: nodeAead, sha256: nodeSha256, further: nodeFurtherHashes });
let entry: URL;
let engine: ThreadedEngine;
beforeAll(async () => {
  entry = await bundleThreads();
  engine = new ThreadedEngine(entry, 1);
});
afterAll(() => engine.close());

function source(name: string, content: Uint8Array, announced = content.length): PathSource {
  const path = Buffer.from(join(folder, name));
  writeFileSync(path, content);
  return new PathSource({
    name,
    mediaType: 'application/octet-stream',
    sizeBytes: announced,
    path,
    identity: idOf(path),
  });
}

function idOf(path: Buffer): PathSource['identity'] {
  const { dev, ino } = lstatSync(path, { bigint: true });
  return { dev, ino };
}

function job(file: PathSource) {
  return { source: file, fileKey: randomBytes(16), payloadNonce: randomBytes(16), furtherHashes: ['md5'] as const };
}

/** Keeps what it was handed, after a while: memory that is used again too soon shows. */
function collect() {
  const parts: Buffer[] = [];
  return {
    parts,
    take: async ({ number, bytes }: SealedPart) => {
      await new Promise(setImmediate);
      parts[number - 1] = Buffer.from(bytes);
    },
  };
}

describe('sealing in threads', () => {
  it.each([
    ['a part less one', PART_SIZE_BYTES - 4112 - 1],
    ['a part', PART_SIZE_BYTES - 4112],
    ['a part and one', PART_SIZE_BYTES - 4112 + 1],
    ['more parts than there are rooms', 6 * PART_SIZE_BYTES + 12_345],
  ])('makes what sealing in place makes, of %s', async (_, sizeBytes) => {
    const work = job(source('a', randomBytes(sizeBytes)));
    const [threaded, plain] = [collect(), collect()];
    const [one, other] = [await engine.seal(work, threaded.take), await inline.seal(work, plain.take)];
    expect(one).toEqual(other);
    expect(threaded.parts.length).toBe(plain.parts.length);
    for (const [at, part] of threaded.parts.entries()) expect(part.equals(plain.parts[at]!)).toBe(true);
  });

  it('seals several at once, each whole', async () => {
    const works = [30_000_000, 5_000_000, 40_000_000].map((size, at) =>
      job(source(`several-${at}`, randomBytes(size))),
    );
    const done = await Promise.all(works.map((work) => engine.seal(work, collect().take)));
    for (const [at, content] of done.entries()) expect(content).toEqual(await inline.seal(works[at]!, collect().take));
  });

  it('stops when a part cannot be taken, and goes on with the next file', async () => {
    const failing = engine.seal(job(source('failing', randomBytes(6 * PART_SIZE_BYTES))), ({ number }) =>
      number === 2 ? Promise.reject(new Error('no route')) : Promise.resolve(),
    );
    await expect(failing).rejects.toThrow('no route');
    const work = job(source('next', randomBytes(20_000_000)));
    expect(await engine.seal(work, collect().take)).toEqual(await inline.seal(work, collect().take));
  });

  it.each([
    ['grew', 20_000_000, 19_999_999],
    ['shrank', 20_000_000, 20_000_001],
  ])('refuses a source that %s', async (name, sizeBytes, announced) => {
    const sealing = engine.seal(job(source(name, randomBytes(sizeBytes), announced)), collect().take);
    await expect(sealing).rejects.toMatchObject({ code: 'source-changed', subject: name });
  });

  it('refuses a source that is gone', async () => {
    const gone = new PathSource({
      name: 'gone',
      mediaType: 'a/b',
      sizeBytes: 9_000_000,
      path: Buffer.from(join(folder, 'gone')),
      identity: { dev: 0n, ino: 0n },
    });
    await expect(engine.seal(job(gone), collect().take)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([['a large file', 9_000_000] as const, ['a small file', 9_000] as const])(
    'reads no other file that took its place since it was found: %s',
    async (what, sizeBytes) => {
      const found = source(`${what} swapped`, randomBytes(sizeBytes));
      const other = source(`${what} other`, randomBytes(sizeBytes));
      const put = [
        () => symlinkSync(other.path, found.path),
        () => renameSync(other.path, found.path),
        () => execFileSync('sh', ['-c', 'mkfifo "$0"', found.path.toString()]),
      ];
      for (const swap of put) {
        rmSync(found.path);
        swap();
        const sealing = engine.seal(job(found), collect().take);
        await expect(sealing).rejects.toMatchObject({ code: 'source-changed' });
      }
    },
  );

  it('follows no symbolic link, not even to the file that was found', async () => {
    const found = source('moved', randomBytes(9_000));
    renameSync(found.path, `${found.path.toString()}-aside`);
    symlinkSync('moved-aside', found.path);
    const sealing = engine.seal(job(found), collect().take);
    await expect(sealing).rejects.toMatchObject({
      code: 'source-changed',
      message: expect.stringMatching('a symbolic link'),
    });
  });

  it('reads a sparse file as what it is', async () => {
    const path = join(folder, 'sparse');
    writeFileSync(path, 'x');
    truncateSync(path, 40_000_000);
    const at = Buffer.from(path);
    const work = job(
      new PathSource({ name: 'sparse', mediaType: 'a/b', sizeBytes: 40_000_000, path: at, identity: idOf(at) }),
    );
    expect(await engine.seal(work, collect().take)).toEqual(await inline.seal(work, collect().take));
  });

  it('fails what is under way when it is closed', async () => {
    const closing = new ThreadedEngine(entry, 1);
    let sealing: Promise<unknown> | undefined;
    await new Promise<void>((begun) => {
      sealing = closing.seal(job(source('closing', randomBytes(5 * PART_SIZE_BYTES))), () => {
        begun();
        return new Promise(() => undefined);
      });
      sealing.catch(() => undefined);
    });
    await closing.close();
    await expect(sealing).rejects.toMatchObject({ code: 'engine-closed' });
  });
});
