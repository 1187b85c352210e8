import { mkdtemp, open, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { appendRecords, partsIn, readJournal, type JournalRecord } from './part-journal.js';

const record = fc.oneof(
  fc.record({ part: fc.integer({ min: 1, max: 4 }), sizeBytes: fc.integer({ min: 1, max: 99 }), tag: fc.string() }),
  fc.record({ voided: fc.integer({ min: 1, max: 4 }) }),
) as fc.Arbitrary<JournalRecord>;

const text = (records: JournalRecord[]): string => records.map((one) => `\n${JSON.stringify(one)}`).join('') + '\n';

describe('the journal of parts', () => {
  it('says what its whole records say, wherever a crash cut it and whatever came after', () => {
    fc.assert(
      fc.property(fc.array(record), fc.array(record), fc.nat(), (before, after, cut) => {
        const lines = before.map((one) => text([one]));
        const torn = lines.join('').slice(0, cut);
        let sizes = 0;
        // A record counts from its own line end on.
        const whole = before.filter((_, index) => (sizes += lines[index]?.length ?? 0) <= torn.length);
        expect(partsIn(torn)).toEqual(partsIn(text(whole)));
        expect(partsIn(torn + text(after))).toEqual(partsIn(text([...whole, ...after])));
      }),
    );
  });

  it.each([
    'null',
    '1',
    '{}',
    '{"part":0,"sizeBytes":1,"tag":""}',
    '{"part":1,"sizeBytes":1,"tag":"","more":1}',
    '[',
    '\u0000',
  ])('passes over the line %j', (line) => {
    expect(partsIn(`\n${line}\n${text([{ part: 2, sizeBytes: 3, tag: 'a' }])}`)).toHaveLength(1);
  });

  it('goes on behind a record that a crash tore on the disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'amana-journal-test-'));
    const path = join(folder, 'parts');
    const append = async (one: JournalRecord): Promise<void> => {
      const journal = await open(path, 'a');
      await appendRecords(journal, [one]);
      await journal.close();
    };
    await append({ part: 1, sizeBytes: 10, tag: 'aa' });
    await append({ part: 2, sizeBytes: 20, tag: 'bb' });
    await truncate(path, (await readFile(path)).byteLength - 5);
    await append({ part: 3, sizeBytes: 30, tag: 'cc' });
    expect((await readJournal(path)).map(({ number }) => number)).toEqual([1, 3]);
    await rm(folder, { recursive: true });
  });
});
