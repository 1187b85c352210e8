import { beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { apiInTest } from '../support/api-in-test.js';
import { startRecheck } from '../support/recheck.js';
import { bringIn, sampleExhibit, type SampleExhibit } from '../support/sample-exhibit.js';

const given = apiInTest(createApi);

type What = 'payload' | 'leaves' | 'age';
const EACH: readonly What[] = ['payload', 'leaves', 'age'];

let exhibit: SampleExhibit;
let retrieval: string;
const wholes = new Map<What, Buffer>();
const path = (what: What, at = 0, of = retrieval) => `/v1/retrievals/${of}/files/${exhibit.files[at]!.id}/${what}`;
const begin = async () =>
  (await given.client.post(`/v1/exhibits/${exhibit.id}/retrievals`, { purpose: 'preparation of the indictment' })).json
    .id as string;

beforeAll(async () => {
  // Of more than one chunk, so that there are several leaves.
  exhibit = await sampleExhibit(given.investigator, {
    files: [
      { name: 'a', sizeBytes: 3 * 1024 * 1024 },
      { name: 'b', sizeBytes: 3 * 1024 * 1024 },
    ],
  });
  await bringIn(given.client, exhibit);
  const worker = await startRecheck(given.world);
  expect(await worker.recheck(exhibit.id)).toBe('intact');
  await worker.stop();
  retrieval = await begin();
  for (const what of EACH) wholes.set(what, Buffer.from((await given.client.get(path(what))).bytes));
});

describe.each(EACH)('a download of the %s', (what) => {
  const whole = () => wholes.get(what) ?? Buffer.alloc(0);

  it('is the whole, with the tag of just these bytes', async () => {
    const answer = await given.client.get(path(what));
    expect([answer.status, answer.headers.get('accept-ranges')]).toEqual([200, 'bytes']);
    expect(answer.headers.get('etag')).toMatch(/^"[\w-]+"$/);
    const tags = await Promise.all([
      ...EACH.map(async (other) => (await given.client.get(path(other))).headers.get('etag')),
      given.client.get(path(what, 1)).then(({ headers }) => headers.get('etag')),
    ]);
    expect(new Set(tags).size).toBe(4);
    expect((await given.client.get(path(what, 0, await begin()))).headers.get('etag')).toBe(answer.headers.get('etag'));
  });

  it.each<[name: string, span: (size: number) => [start: number, end: number]]>([
    ['its first byte', () => [0, 1]],
    ['its last byte', (size) => [size - 1, size]],
    ['the middle', (size) => [20, Math.floor(size / 2)]],
    ['the rest', (size) => [33, size]],
    ['what lies around the end of the age header', (size) => [Math.min(100, size - 2), Math.min(400, size)]],
  ])('is a range of it: %s', async (_name, span) => {
    const [start, end] = span(whole().length);
    const answer = await given.client.get(path(what), { range: `bytes=${start}-${end - 1}` });
    expect([answer.status, answer.headers.get('content-range'), answer.headers.get('content-length')]).toEqual([
      206,
      `bytes ${start}-${end - 1}/${whole().length}`,
      String(end - start),
    ]);
    expect(whole().subarray(start, end).equals(Buffer.from(answer.bytes))).toBe(true);
  });

  it('is the same byte by byte, in ranges of every place at which the header may be cut', async () => {
    for (let start = 0; start < Math.min(300, whole().length - 3); start += 13) {
      const answer = await given.client.get(path(what), { range: `bytes=${start}-${start + 2}` });
      expect(Buffer.from(answer.bytes)).toEqual(whole().subarray(start, start + 3));
    }
  });

  it('is 416 beyond its end, with the size that there is', async () => {
    const answer = await given.client.get(path(what), { range: `bytes=${whole().length}-` });
    expect([answer.status, answer.json.code]).toEqual([416, 'range-not-satisfiable']);
    expect(answer.headers.get('content-range')).toBe(`bytes */${whole().length}`);
  });

  it('goes on only while it is the same: If-Range with another tag gives the whole', async () => {
    const etag = (await given.client.get(path(what))).headers.get('etag') ?? '';
    const range = 'bytes=0-9';
    expect((await given.client.get(path(what), { range, 'if-range': etag })).status).toBe(206);
    for (const other of ['"x"', `W/${etag}`, 'Wed, 21 Oct 2026 07:28:00 GMT']) {
      const answer = await given.client.get(path(what), { range, 'if-range': other });
      expect([answer.status, answer.bytes.length]).toEqual([200, whole().length]);
    }
  });

  it('tells its size and tag to HEAD, and sends nothing', async () => {
    const answer = await given.client.send('HEAD', path(what), undefined, { range: 'bytes=0-9' });
    expect([answer.status, answer.headers.get('content-length'), answer.bytes.length]).toEqual([206, '10', 0]);
    expect(answer.headers.get('etag')).toMatch(/^"/);
  });
});
