import { PassThrough, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { VersionReader } from './version-reader.js';

const FOREVER = 60_000;

async function outcome(reader: Readable): Promise<string> {
  try {
    return Buffer.concat(await reader.toArray()).toString();
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('reading a version', () => {
  it('ends after all its bytes', async () => {
    expect(await outcome(new VersionReader(Readable.from([Buffer.from('ab'), Buffer.from('c')]), 3, FOREVER))).toBe(
      'abc',
    );
  });

  it.each([
    ['stops short', Readable.from([Buffer.from('ab')])],
    ['runs over', Readable.from([Buffer.from('abcd')])],
    [
      'fails',
      new Readable({
        read() {
          this.destroy(new Error('cut'));
        },
      }),
    ],
    [
      'closes without a word',
      new Readable({
        read() {
          this.destroy();
        },
      }),
    ],
  ])('fails when the store %s', async (_, source) => {
    expect(await outcome(new VersionReader(source, 3, FOREVER))).toBe('unreachable');
  });

  it('fails when the store falls silent', async () => {
    const source = new PassThrough();
    source.write('ab');
    expect(await outcome(new VersionReader(source, 3, 50))).toBe('unreachable');
    expect(source.destroyed).toBe(true);
  });

  it('does not mistake a slow reader for a silent store', async () => {
    const chunk = Buffer.alloc(300_000, 1);
    const source = Readable.from(Array.from({ length: 8 }, () => chunk));
    const reader = new VersionReader(source, 8 * chunk.byteLength, 20);
    let sizeBytes = 0;
    for await (const piece of reader) {
      sizeBytes += (piece as Buffer).byteLength;
      await delay(50);
    }
    expect(sizeBytes).toBe(8 * chunk.byteLength);
  });

  it('holds back a source that is faster than its reader', async () => {
    let produced = 0;
    const source = new Readable({
      read() {
        produced += 65_536;
        this.push(Buffer.alloc(65_536));
      },
    });
    const reader = new VersionReader(source, 1e9, FOREVER);
    reader.read(0);
    await delay(50);
    expect(produced).toBeLessThan(1_000_000);
    reader.destroy();
    expect(source.destroyed).toBe(true);
  });
});
