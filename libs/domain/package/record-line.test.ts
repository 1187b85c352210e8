import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readLines, readStart } from './read-bytes.js';
import { formatRecordLine, parseRecordLine } from './record-line.js';

describe('a line of the record', () => {
  const line = fc.record({
    index: fc.maxSafeNat(),
    salt: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    body: fc.uint8Array({ minLength: 1, maxLength: 200 }),
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(line, (written) => {
        expect(parseRecordLine(formatRecordLine(written).slice(0, -1))).toEqual(written);
      }),
    );
  });

  it('has one spelling: any other character anywhere is another line or none', () => {
    fc.assert(
      fc.property(
        line,
        fc.nat(),
        fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 }),
        (written, place, character) => {
          const text = formatRecordLine(written).slice(0, -1);
          const at = place % text.length;
          const altered = text.slice(0, at) + character + text.slice(at + 1);
          const read = parseRecordLine(altered);
          expect(read === null || formatRecordLine(read) === `${altered}\n`).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('lines of a stream', () => {
  const cut = fc.array(
    fc.uint8Array({ maxLength: 9 }).map((bytes) => bytes.map((byte) => (byte % 3 === 0 ? 10 : 97 + (byte % 20)))),
  );

  it('are those of the whole text, however it comes in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(cut, async (pieces) => {
        const read = await collect(readLines(stream(pieces), 1000));
        const expected = Buffer.concat(pieces).toString().split('\n');
        const rest = expected.pop();
        expect(read).toEqual([...expected.map((text) => [text, true]), ...(rest === '' ? [] : [[rest, false]])]);
      }),
    );
  });

  it('end at one that is too long, of which no more is kept than shows it', async () => {
    const pieces = [Buffer.from('ab\ncdefg'), Buffer.from('hijkl\nmn\n')];
    expect(await collect(readLines(stream(pieces), 3))).toEqual([
      ['ab', true],
      ['cdef', false],
    ]);
    expect(await collect(readLines(stream(pieces), 10))).toEqual([
      ['ab', true],
      ['cdefghijkl', true],
      ['mn', true],
    ]);
  });

  it('may be read from their start alone', async () => {
    let given = 0;
    async function* endless(): AsyncIterable<Uint8Array> {
      for (;;) yield Buffer.alloc(10, (given += 1));
    }
    expect(await readStart(endless(), 25)).toHaveLength(25);
    expect(given).toBe(3);
  });
});

async function* stream(pieces: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* pieces;
}

async function collect(lines: AsyncIterable<{ line: Uint8Array; ended: boolean }>): Promise<[string, boolean][]> {
  const all: [string, boolean][] = [];
  for await (const { line, ended } of lines) all.push([Buffer.from(line).toString(), ended]);
  return all;
}
