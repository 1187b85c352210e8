import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { JournalEntry } from '#client/upload';
import { FileId } from '#domain/evidence';
import { JournalFile } from './journal-file.js';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';

const fileId = FileId.parse('0b9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d11');
const part = (number: number): JournalEntry => ({ kind: 'part', fileId, number, sha256: 'AAAA' });
const newPath = () => join(temporaryFolder('journal'), 'journal.jsonl');
const numbers = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { number: number }).number);

describe('a journal file', () => {
  it('has every entry that was written, also of many at once, for its owner alone', async () => {
    const path = newPath();
    const journal = await JournalFile.open(path);
    await Promise.all(Array.from({ length: 200 }, (_, at) => journal.append(part(at + 1))));
    await journal.append(part(201));
    await journal.close();
    expect(numbers(path).sort((a, b) => a - b)).toEqual(Array.from({ length: 201 }, (_, at) => at + 1));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('has an entry on disk when its promise is kept', async () => {
    const path = newPath();
    const journal = await JournalFile.open(path);
    for (const number of [1, 2, 3]) {
      await journal.append(part(number));
      expect(numbers(path).at(-1)).toBe(number);
    }
    await journal.close();
  });

  it('is gone on with after a crash cut its last line', async () => {
    const path = newPath();
    const first = await JournalFile.open(path);
    await first.append(part(1));
    await first.close();
    appendFileSync(path, '{"kind":"part","fi');
    const second = await JournalFile.open(path);
    await second.append(part(2));
    await second.close();
    expect(numbers(path)).toEqual([1, 2]);
  });

  it('is null when there is none, and refused when it is something else', async () => {
    const path = newPath();
    expect(await JournalFile.read(path)).toBeNull();
    writeFileSync(path, 'PK\u0003\u0004\n');
    await expect(JournalFile.read(path)).rejects.toMatchObject({ code: 'journal-corrupt' });
  });
});
