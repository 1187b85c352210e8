// Run as a process of its own by crash-cases.ts: storing-child MODE ADDRESS UPLOAD. Says how far it is, then waits to
// be killed.
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { storeFrom, type Upload } from '#server/storage';
import { PART, putPart, sample } from './store-under-test.js';

const [, , mode = '', address = '', given = ''] = process.argv;
const upload = JSON.parse(given) as Upload;
const store = await storeFrom(address);
const bytes = sample('crash', 3 * PART);

if (mode === 'half-a-part') {
  await putPart(store, upload, 1, bytes.subarray(0, PART));
  await stallHalfWay(2, bytes.subarray(PART, 2 * PART), 'half of part 2');
}
if (mode === 'half-a-replacement') {
  await putPart(store, upload, 1, bytes.subarray(0, PART));
  await stallHalfWay(1, sample('replacement', PART), 'half of part 1 again');
}
if (mode === 'large-part') await largePart();

/** Hands over half a part, and says so only when all of that half was taken and more is asked for. */
async function stallHalfWay(number: number, part: Uint8Array, word: string): Promise<void> {
  const half = part.subarray(0, part.byteLength / 2 + 1_000);
  let at = 0;
  const body = new Readable({
    highWaterMark: 1,
    read() {
      if (at < half.byteLength) this.push(half.subarray(at, (at += 64 * 1024)));
      else console.log(word);
    },
  });
  await store.putPart(upload, number, part.byteLength, body);
}

async function largePart(): Promise<void> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
  const chunk = randomBytes(64 * 1024);
  let left = upload.sealedSizeBytes / chunk.byteLength;
  const hash = createHash('sha256');
  for (let count = left; count > 0; count -= 1) hash.update(chunk);
  const body = new Readable({
    read() {
      // A new buffer each time, as a socket gives.
      this.push(left-- > 0 ? Buffer.from(chunk) : null);
    },
  });
  await store.putPart(upload, 1, upload.sealedSizeBytes, body, { sha256: hash.digest() });
  clearInterval(watch);
  console.log(`grew by ${Math.ceil((peak - before) / 1024 ** 2)} MiB`);
}
