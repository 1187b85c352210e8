import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { UploadServer, expectWhole, go, prepared, sourceOf } from '../../../test/support/upload-server.js';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { readJournal } from './upload-journal.js';

describe('sealing and uploading in one pass', () => {
  it('stores what was read, whatever its size, under a manifest that the officer signed', async () => {
    const sources = [0, 1, 65_536, PART_SIZE_BYTES - 4112, PART_SIZE_BYTES, 40_000_000].map((size, at) =>
      sourceOf(`f${at}`, randomBytes(size)),
    );
    const server = new UploadServer();
    const exhibit = prepared(sources);
    const { result, advanced } = go(server, exhibit, readJournal(exhibit.lines.join('')), sources);
    await result;
    await expectWhole(server, sources);
    expect(advanced()).toBe(
      exhibit.plan.registration.files.reduce((sum, { sealedSizeBytes }) => sum + sealedSizeBytes, 0),
    );
  });

  it.each([
    [0, false],
    [0, true],
    [2, false],
    [3, true],
    [5, false],
    [6, true],
  ])('goes on after it was cut off at part %d (kept by the server: %s), sending no part twice', async (after, kept) => {
    const sources = [
      sourceOf('a', randomBytes(50_000_000)),
      sourceOf('b', randomBytes(10)),
      sourceOf('c', randomBytes(45_000_000)),
    ];
    const server = new UploadServer();
    const exhibit = prepared(sources);
    server.failure = { after, kept };
    await expect(go(server, exhibit, readJournal(exhibit.lines.join('')), sources).result).rejects.toThrow('killed');
    server.failure = undefined;
    // A line that was being written when the process ended.
    const left = exhibit.lines.join('') + '{"kind":"part","fil';
    await go(server, exhibit, readJournal(left), sources).result;
    await expectWhole(server, sources);
    expect(server.partsTaken).toBe(3 + 1 + 3);
  });

  it('never seals other bytes with a key that was used', async () => {
    const sources = [sourceOf('disk.img', randomBytes(50_000_000))];
    const server = new UploadServer();
    const exhibit = prepared(sources);
    server.failure = { after: 2, kept: false };
    await expect(go(server, exhibit, readJournal(exhibit.lines.join('')), sources).result).rejects.toThrow('killed');
    server.failure = undefined;
    const changed = new Uint8Array(sources[0]!.content);
    changed[1_000] = changed[1_000]! ^ 1;
    const taken = server.partsTaken;
    const again = go(server, exhibit, readJournal(exhibit.lines.join('')), [sourceOf('disk.img', changed)]);
    await expect(again.result).rejects.toMatchObject({ code: 'source-changed', subject: 'disk.img' });
    expect(server.object(exhibit.plan.registration.files[0]!.id).length).toBeLessThanOrEqual(
      (taken + 2) * PART_SIZE_BYTES,
    );
    expect(server.manifest).toBeUndefined();
    const nonce = server.object(exhibit.plan.registration.files[0]!.id);
    expect(nonce.length % PART_SIZE_BYTES === 0).toBe(true);
  });

  it('refuses to go on when the server has parts that the journal does not know', async () => {
    const sources = [sourceOf('a', randomBytes(50_000_000))];
    const server = new UploadServer();
    const exhibit = prepared(sources);
    server.failure = { after: 1, kept: true };
    await expect(go(server, exhibit, readJournal(exhibit.lines.join('')), sources).result).rejects.toThrow('killed');
    const forgotten = readJournal(exhibit.lines[0]!);
    await expect(go(server, exhibit, forgotten, sources).result).rejects.toMatchObject({ code: 'journal-corrupt' });
  });

  it('submits the very manifest it had signed when it was cut off before the answer', async () => {
    const sources = [sourceOf('a', randomBytes(1000))];
    const server = new UploadServer();
    const exhibit = prepared(sources);
    await go(server, exhibit, readJournal(exhibit.lines.join('')), sources).result;
    await go(server, exhibit, readJournal(exhibit.lines.join('')), sources).result;
    await expectWhole(server, sources);
    expect(server.partsTaken).toBe(1);
  });
});
