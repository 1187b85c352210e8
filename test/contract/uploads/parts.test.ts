import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { plainSizeBytes } from '#domain/sealing';
import { evidenceKey } from '#server/storage';
import { contentDigest, PUBLIC_URL } from '../../support/api-client.js';
import { signedInLines } from '../../support/proof.js';
import { completeUpload, partOf, partsOf } from '../../support/sample-exhibit.js';
import { fileOf, THREE_PARTS, uploadsInTest } from '../../support/uploads-in-test.js';
import { createApi } from '../../../apps/api/api.js';

const given = uploadsInTest(createApi);
const { registered, uploadOf, numbersOf, rowOf, storedBytes } = given;

describe('files of every size', () => {
  const sealedTo = (sealed: number): number => plainSizeBytes(sealed);
  it.each<[name: string, sizeBytes: number, parts: number]>([
    ['89 no byte', 0, 1],
    ['one byte', 1, 1],
    ['a payload chunk', 65_536, 1],
    ['a payload chunk and a byte', 65_537, 1],
    ['as much as goes in one piece', sealedTo(256 * 1024), 1],
    ['a byte more than goes in one piece', sealedTo(256 * 1024 + 1), 1],
    ['a byte less than a part', sealedTo(PART_SIZE_BYTES - 1), 1],
    ['exactly a part', sealedTo(PART_SIZE_BYTES), 1],
    ['a part and a byte', sealedTo(PART_SIZE_BYTES + 1), 2],
    ['two parts and some', THREE_PARTS, 3],
  ])('%s', async (_name, sizeBytes, count) => {
    const exhibit = await registered({ files: [{ name: 'x', sizeBytes }] });
    const file = fileOf(exhibit);
    const parts = partsOf(file);
    expect(parts).toHaveLength(count);
    for (const { number, bytes } of parts) {
      const answer = await given.client.putPart(file.id, number, bytes);
      expect([answer.status, answer.json]).toEqual([
        200,
        { number, sizeBytes: bytes.length, fileState: count === 1 ? 'stored' : 'uploading' },
      ]);
    }
    if (count > 1) expect((await completeUpload(given.client, file)).json.state).toBe('stored');
    expect((await storedBytes(file)).equals(file.sealed)).toBe(true);
  });
});

describe('a part', () => {
  it('90 does not count when its digest is another, and counts once it is right', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    const wrong = await given.client.putPart(file.id, 2, partOf(file, 2), {
      'content-digest': contentDigest(Buffer.from('other')),
    });
    expect([wrong.status, wrong.json.code]).toEqual([422, 'digest-mismatch']);
    expect(await numbersOf(file)).toEqual([]);
    expect((await given.client.putPart(file.id, 2, partOf(file, 2))).status).toBe(200);
    expect(await numbersOf(file)).toEqual([2]);
  });

  it.each([1234, 300_000])(
    '90 of a file of one part, of %i bytes, leaves nothing when its digest is another',
    async (sizeBytes) => {
      const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes }] }));
      const wrong = await given.client.putPart(file.id, 1, file.sealed, {
        'content-digest': contentDigest(Buffer.from('other')),
      });
      expect([wrong.status, wrong.json.code]).toEqual([422, 'digest-mismatch']);
      expect(await uploadOf(file)).toMatchObject({ received: [] });
      expect((await given.client.putPart(file.id, 1, file.sealed)).json.fileState).toBe('stored');
    },
  );

  const bytesOf = (text: string) => `sha-256=:${Buffer.from(text).toString('base64')}:`;
  it.each<[name: string, headers: Record<string, string>, status: number, code: string]>([
    ['no digest', { 'content-digest': '' }, 400, 'digest-missing'],
    ['a digest of another algorithm', { 'content-digest': 'sha-512=:AAAA:' }, 400, 'digest-missing'],
    ['a digest that is no structured field', { 'content-digest': 'sha-256=:A' }, 400, 'digest-missing'],
    ['a digest that is text', { 'content-digest': 'sha-256="abc"' }, 400, 'digest-missing'],
    ['a digest in hexadecimal', { 'content-digest': `sha-256=${'a'.repeat(64)}` }, 400, 'digest-missing'],
    ['a digest too short', { 'content-digest': bytesOf('short') }, 400, 'digest-missing'],
    ['a digest that is a list', { 'content-digest': 'sha-256=(:AAAA:)' }, 400, 'digest-missing'],
    ['another media type', { 'content-type': 'text/html' }, 415, 'media-type'],
    ['an encoding', { 'content-encoding': 'gzip' }, 415, 'media-type'],
  ])('is refused with %s', async (_name, headers, status, code) => {
    const file = fileOf(await registered());
    const answer = await given.client.putPart(file.id, 1, file.sealed, headers);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(await numbersOf(file)).toEqual([]);
  });

  it.each<[number: string, status: number, code: string]>([
    ['0', 400, 'malformed-request'],
    ['-1', 400, 'malformed-request'],
    ['01', 400, 'malformed-request'],
    ['1e3', 400, 'malformed-request'],
    ['x', 400, 'malformed-request'],
    ['2', 409, 'part-size'],
    ['99999', 409, 'part-size'],
    ['100000', 400, 'malformed-request'],
  ])('91 is refused under the number %s of a file with one', async (number, status, code) => {
    const file = fileOf(await registered());
    const answer = await given.client.putPart(file.id, number as never, file.sealed);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });

  it('91 is refused with a byte more than its number demands, 93 with a byte less', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    for (const [number, bytes, status, code] of [
      [1, partOf(file, 1).subarray(1), 400, 'short-part'],
      [1, new Uint8Array(0), 400, 'short-part'],
      [3, partOf(file, 3).subarray(1), 400, 'short-part'],
      [3, Buffer.concat([partOf(file, 3), Buffer.alloc(1)]), 409, 'part-size'],
      [3, partOf(file, 1), 409, 'part-size'],
    ] as const) {
      const answer = await given.client.putPart(file.id, number, bytes);
      expect([number, bytes.length, answer.status, answer.json.code]).toEqual([number, bytes.length, status, code]);
    }
    expect((await uploadOf(file)).state).toBe('announced');
  });

  const PART = PART_SIZE_BYTES;
  it.each<[range: string, status: number, code: string | null]>([
    [`bytes ${2 * PART}-${2 * PART + 999}/${2 * PART + 1000}`, 200, null],
    [`bytes ${2 * PART}-${2 * PART + 999}/*`, 200, null],
    [`bytes 0-999/${2 * PART + 1000}`, 409, 'part-offset'],
    [`bytes ${2 * PART + 1}-${2 * PART + 1000}/*`, 409, 'part-offset'],
    [`bytes ${2 * PART}-${2 * PART + 999}/${2 * PART + 1001}`, 409, 'part-size'],
    [`bytes ${2 * PART}-${2 * PART + 1000}/*`, 400, 'malformed-request'],
    [`bytes ${2 * PART}-/*`, 400, 'malformed-request'],
    ['bytes */*', 400, 'malformed-request'],
    ['chunks 0-999/*', 400, 'malformed-request'],
  ])('91 says by Content-Range where it lies: %s → %i', async (range, status, code) => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    const answer = await given.client.putPart(file.id, 3, partOf(file, 3), { 'content-range': range });
    expect([answer.status, answer.json.code ?? null]).toEqual([status, code]);
    expect(await numbersOf(file)).toEqual(status === 200 ? [3] : []);
  });

  it('92 may come out of order, twice, and beside others', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    const answers = await Promise.all(
      [3, 1, 2, 3, 1].map((number) => given.client.putPart(file.id, number, partOf(file, number))),
    );
    // Of two attempts at one part at once the later may overtake the earlier.
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 409)).toEqual([]);
    expect(await numbersOf(file)).toEqual([1, 2, 3]);
    await completeUpload(given.client, file);
    expect((await storedBytes(file)).equals(file.sealed)).toBe(true);
  });

  it('shares one upload with the others, however many come first at once', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    await Promise.all([1, 2, 3].map((number) => given.client.putPart(file.id, number, partOf(file, number))));
    const { upload_ref, exhibit_id: exhibitId } = await rowOf(file);
    const key = evidenceKey({ exhibitId, fileId: file.id });
    const uploads = await given.store.listUploads(new Date(Date.now() + 60_000));
    expect(uploads.filter((upload) => upload.key === key).map(({ uploadId }) => uploadId)).toEqual([upload_ref]);
  });

  it('that is cut off does not count, and is sent again', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    const token = await given.world.issuer.tokenFor(
      given.investigator.subject,
      given.world.environment.AMANA_PUBLIC_URL ?? '',
    );
    const bytes = partOf(file, 1);
    const path = `/v1/uploads/${file.id}/parts/1`;
    const socket = connect(given.api.port, '127.0.0.1');
    socket.write(
      [
        `PUT ${path} HTTP/1.1`,
        ...['Host: amana.example', ...signedInLines(token, 'PUT', PUBLIC_URL, path)],
        ...['Content-Type: application/octet-stream'],
        ...[`Content-Length: ${bytes.length}`, `Content-Digest: ${contentDigest(bytes)}`, '', ''],
      ].join('\r\n'),
    );
    socket.write(bytes.subarray(0, bytes.length / 2));
    while ((await uploadOf(file)).state === 'announced');
    socket.destroy();
    await once(socket, 'close');
    expect(await numbersOf(file)).toEqual([]);
    expect((await given.client.putPart(file.id, 1, bytes)).status).toBe(200);
    expect(await numbersOf(file)).toEqual([1]);
  });

  it('of a file that is stored is the same or refused', async () => {
    const file = fileOf(await registered());
    await given.client.putPart(file.id, 1, file.sealed);
    expect((await given.client.putPart(file.id, 1, file.sealed)).json).toMatchObject({ fileState: 'stored' });
    const other = Buffer.from(file.sealed);
    other[5]! ^= 1;
    const answer = await given.client.putPart(file.id, 1, other);
    expect([answer.status, answer.json.code]).toEqual([409, 'conflict']);
    expect((await storedBytes(file)).equals(file.sealed)).toBe(true);
  });
});
