import { mkdtemp, open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreError } from '../store-error.js';
import { OpenUpload } from './open-upload.js';
import { readJournal } from './part-journal.js';

let folder: string;
let data: FileHandle;
let parts: OpenUpload;
const journal = (): string => join(folder, 'parts');
const part = (number: number, body: Readable) => ({
  number,
  sizeBytes: 3,
  offset: (number - 1) * 3,
  body,
  sha256: null,
});
const bytes = (text: string): Readable => Readable.from([Buffer.from(text)]);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-open-upload-test-'));
  await writeFile(join(folder, 'data'), Buffer.alloc(9));
  data = await open(join(folder, 'data'), 'r+');
  parts = new OpenUpload(data, await open(journal(), 'a'), new Set());
});
afterEach(async () => {
  await parts.end(new StoreError('superseded', 'the test is over'));
  await rm(folder, { recursive: true, force: true });
});

describe('an upload while parts come in', () => {
  it('counts no part, then or later, that wrote through a disk which failed to sync', async () => {
    await parts.put(part(1, bytes('one')));
    const slow = new PassThrough();
    const later = parts.put(part(3, slow));
    slow.write('th');
    const sync = data.datasync.bind(data);
    data.datasync = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
    await expect(parts.put(part(2, bytes('two')))).rejects.toMatchObject({ code: 'unexpected-answer' });
    // The kernel reports a failed sync once: the next one would succeed although bytes are lost.
    data.datasync = sync;
    slow.end('r');
    await expect(later).rejects.toMatchObject({ code: 'unexpected-answer' });
    await expect(parts.put(part(2, bytes('two')))).rejects.toMatchObject({ code: 'unexpected-answer' });
    expect((await readJournal(journal())).map(({ number }) => number)).toEqual([1]);
  });

  it('counts no part that the disk had no room for', async () => {
    data.writev = () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
    await expect(parts.put(part(1, bytes('one')))).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await readJournal(journal())).toEqual([]);
  });

  it('voids a part on the disk before the first byte is written over it', async () => {
    await parts.put(part(1, bytes('one')));
    const seen: number[][] = [];
    const write = data.writev.bind(data);
    data.writev = (async (chunks: Uint8Array[], position: number) => {
      seen.push((await readJournal(journal())).map(({ number }) => number));
      return await write(chunks, position);
    }) as typeof data.writev;
    await parts.put(part(1, bytes('new')));
    expect(seen).toEqual([[]]);
    expect((await readJournal(journal())).map(({ number }) => number)).toEqual([1]);
  });

  it('lets the newest of three attempts at a part win, each whole', async () => {
    const [first, second] = [new PassThrough(), new PassThrough()];
    const attempts = [parts.put(part(1, first)), parts.put(part(1, second)), parts.put(part(1, bytes('new')))];
    first.end('old');
    second.end('mid');
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    const held = Buffer.alloc(3);
    await data.read(held, 0, 3, 0);
    expect(held.toString()).toBe('new');
  });

  it('waits for what still writes before it closes', async () => {
    const slow = new PassThrough();
    const attempt = parts.put(part(1, slow));
    slow.write('o');
    const ending = parts.end(new StoreError('superseded', 'over'));
    await expect(attempt).rejects.toMatchObject({ code: 'superseded' });
    await ending;
    await expect(data.stat()).rejects.toThrow(/closed|bad file descriptor/i);
  });
});
