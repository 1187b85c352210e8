import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PartFeed, type PartEnd } from './part-feed.js';
import { StoreError } from './store-error.js';

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

interface Outcome {
  written: Buffer;
  end: PartEnd | null;
  code: string | null;
}

/** Feeds a sink that, after each chunk, wants to be left alone for a while. */
async function feed(chunks: Uint8Array[], sizeBytes: number, digest: Uint8Array | null): Promise<Outcome> {
  const written: Uint8Array[] = [];
  let mayWrite = true;
  const running = new PartFeed(Readable.from(chunks), { sizeBytes, sha256: digest, hash: false }, (chunk) => {
    expect(mayWrite).toBe(true);
    written.push(chunk);
    mayWrite = false;
    setImmediate(() => {
      mayWrite = true;
      running.ready();
    });
    return false;
  });
  const end = await running.done.catch((error: unknown) => error);
  const failed = end instanceof StoreError;
  return { written: Buffer.concat(written), end: failed ? null : (end as PartEnd), code: failed ? end.code : null };
}

const chunksOf = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 8 });

describe('feeding a part', () => {
  it('gives every byte once, the newest chunk last', async () => {
    await fc.assert(
      fc.asyncProperty(chunksOf, async (chunks) => {
        const whole = Buffer.concat(chunks);
        const { written, end, code } = await feed(chunks, whole.byteLength, sha256(whole));
        expect(code).toBeNull();
        expect(end?.last.byteLength).toBeGreaterThan(0);
        expect(Buffer.concat([written, end?.last ?? Buffer.of()])).toEqual(whole);
        expect(end?.sha256).toEqual(sha256(whole));
      }),
    );
  });

  it('never gives a store as many bytes as it waits for, when they are not the right ones', async () => {
    const wrong = fc.record({ chunks: chunksOf, sizeDelta: fc.integer({ min: -10, max: 10 }), flip: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(wrong, async ({ chunks, sizeDelta, flip }) => {
        const whole = Buffer.concat(chunks);
        const sizeBytes = Math.max(1, whole.byteLength + sizeDelta);
        fc.pre(flip || sizeBytes !== whole.byteLength);
        const digest = sha256(flip ? Buffer.concat([whole, Buffer.of(0)]) : whole);
        const { written, code } = await feed(chunks, sizeBytes, digest);
        const size = sizeBytes - whole.byteLength;
        expect(code).toBe(size > 0 ? 'short-body' : size < 0 ? 'long-body' : 'digest-mismatch');
        expect(written.byteLength).toBeLessThan(sizeBytes);
      }),
    );
  });

  it('stops at once while its source is silent, and leaves it alive', async () => {
    const source = new PassThrough();
    source.write('abc');
    const running = new PartFeed(source, { sizeBytes: 10, sha256: null, hash: false }, () => true);
    running.stop(new StoreError('superseded', 'enough'));
    await expect(running.done).rejects.toMatchObject({ code: 'superseded' });
    expect(source.destroyed).toBe(false);
    // An error that comes when nobody reads any more must not end the process.
    source.destroy(new Error('late'));
    await new Promise((resolve) => source.once('close', resolve));
  });

  it('knows whose turn it is', async () => {
    const source = new PassThrough();
    const running = new PartFeed(source, { sizeBytes: 4, sha256: null, hash: false }, () => false);
    expect(running.awaitsSource).toBe(true);
    source.write('ab');
    source.write('cd');
    await new Promise(setImmediate);
    expect(running.awaitsSource).toBe(false);
    running.ready();
    expect(running.awaitsSource).toBe(true);
    source.end();
    expect(Buffer.from((await running.done).last).toString()).toBe('cd');
    expect(running.awaitsSource).toBe(false);
  });
});
