import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { type SealedPart, digestPart } from '#client/seal';
import { FileId, PART_SIZE_BYTES } from '#domain/evidence';
import type { ManifestFile } from '#domain/manifest';
import { chunkTreeRoot } from '#domain/sealing';
import { exampleFile } from '../../../test/support/example-documents.js';
import { nodeSha256 } from './chunk-hasher.js';
import { DraftFolder, DraftWriter } from './draft-folder.js';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';

const fileId = FileId.parse('0b9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d11');

async function written(sizeBytes: number): Promise<{ folder: string; object: Buffer; file: ManifestFile }> {
  const folder = join(temporaryFolder('draft'), 'draft');
  const object = randomBytes(sizeBytes);
  const writer = DraftWriter.create(folder);
  const leafHashes: Uint8Array[] = [];
  await writer.file(fileId, async (take) => {
    for (let at = 0, number = 1; at < sizeBytes; at += PART_SIZE_BYTES, number += 1) {
      const bytes = object.subarray(at, at + PART_SIZE_BYTES);
      const digest = digestPart(bytes, nodeSha256);
      leafHashes.push(...digest.leafHashes);
      await take({ number, bytes, ...digest });
    }
    return leafHashes;
  });
  const root = Buffer.from(chunkTreeRoot(leafHashes, sizeBytes)).toString('hex');
  const file = exampleFile({ id: fileId, name: 'disk.img', sealedSizeBytes: sizeBytes, chunkTreeRoot: root });
  writer.finish({ registration: { a: 1 } as never, jws: { payload: '', signatures: [] } });
  return { folder, object, file };
}

async function read(folder: string, file: ManifestFile): Promise<Buffer> {
  const parts: Buffer[] = [];
  await new DraftFolder(folder).parts(file, ({ number, bytes }: SealedPart) => {
    parts[number - 1] = Buffer.from(bytes);
    return Promise.resolve();
  });
  return Buffer.concat(parts);
}

const size = 2 * PART_SIZE_BYTES + 1_500_000;

describe('a draft', () => {
  it.each([32, 1_048_576, PART_SIZE_BYTES, size])('gives back a file of %d bytes in its parts', async (sizeBytes) => {
    const { folder, object, file } = await written(sizeBytes);
    expect((await read(folder, file)).equals(object)).toBe(true);
  });

  it('has no holes where the system writes less than it was given', async () => {
    const handle = await open(tmpdir());
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    const write = Reflect.get(prototype, 'write') as (
      bytes: Uint8Array,
      at: number,
      length: number,
      position: number,
    ) => unknown;
    const spy = jest.spyOn(prototype, 'write').mockImplementation(function (
      this: typeof handle,
      ...[bytes, at, length, position]: [Uint8Array, number, number, number]
    ) {
      return write.call(this, bytes, at, Math.min(length, 5_000_000), position);
    } as never);
    const { folder, object, file } = await written(size).finally(() => spy.mockRestore());
    expect((await read(folder, file)).equals(object)).toBe(true);
  });

  it('has its name only when it is whole', async () => {
    const parent = temporaryFolder('draft');
    const writer = DraftWriter.create(join(parent, 'draft'));
    await expect(writer.file(fileId, () => Promise.reject(new Error('killed')))).rejects.toThrow('killed');
    expect(readdirSync(parent)).toEqual(['draft.partial']);
    expect(() => DraftWriter.create(join(parent, 'draft'))).toThrow('draft.partial');
    writer.abandon();
    expect(readdirSync(parent)).toEqual([]);
  });

  it.each<[string, string, (folder: string) => void]>([
    ['its first byte changed', 'chunk 0 ', (folder) => flip(folder, '', 0)],
    ['a byte in its second part changed', 'chunk 20 ', (folder) => flip(folder, '', 20 * 1_048_576 + 5)],
    ['its last byte changed', 'chunk 33 ', (folder) => flip(folder, '', size - 1)],
    ['a leaf hash changed', 'does not lead to the root', (folder) => flip(folder, '.leaves', 70)],
    [
      'a leaf hash too few',
      'does not lead to the root',
      (folder) => truncateSync(join(folder, 'files', `${fileId}.leaves`), 32 * 33),
    ],
    ['no leaf hashes', 'does not lead to the root', (folder) => rmSync(join(folder, 'files', `${fileId}.leaves`))],
    ['its end cut off', `has ${size - 1} bytes`, (folder) => truncateSync(join(folder, 'files', fileId), size - 1)],
    [
      'something after its end',
      `has ${size + 1} bytes`,
      (folder) => writeFileSync(join(folder, 'files', fileId), 'x', { flag: 'a' }),
    ],
    ['no file', 'is missing', (folder) => rmSync(join(folder, 'files', fileId))],
  ])('is refused with %s, and the file named', async (_, words, spoil) => {
    const { folder, file } = await written(size);
    spoil(folder);
    const reading = read(folder, file);
    await expect(reading).rejects.toMatchObject({
      code: 'draft-corrupt',
      subject: 'disk.img',
      message: expect.stringContaining(words),
    });
  });
});

function flip(folder: string, ending: string, at: number): void {
  const path = join(folder, 'files', fileId + ending);
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}
