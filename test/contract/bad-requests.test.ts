import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { type ApiClient, PUBLIC_URL } from '../support/api-client.js';
import { signedInLines } from '../support/proof.js';
import { sampleExhibit, type SampleExhibit } from '../support/sample-exhibit.js';

let world: TestWorld;
let api: TestApi;
let client: ApiClient;
let exhibit: SampleExhibit;
let token: string;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  const { investigator } = world.directory.tripoli;
  client = await api.as(investigator);
  token = await world.issuer.tokenFor(investigator.subject, world.environment.AMANA_PUBLIC_URL ?? '');
  exhibit = await sampleExhibit(investigator);
  await client.post('/v1/exhibits', exhibit.registration);
});
afterAll(async () => {
  await api.stop();
  await world.end();
});

const JSON_TYPE = { 'content-type': 'application/json' };
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('bodies that are no JSON of ours (bad-input.md 1 to 13, 20)', () => {
  const reason = '"reason":"because"';
  it.each<[name: string, body: string | Uint8Array, status: number, code: string]>([
    ['1 truncated', '{"reason":"bec', 400, 'malformed-json'],
    ['2 trailing comma', `{${reason},}`, 400, 'malformed-json'],
    ['3 byte order mark', `\uFEFF{${reason}}`, 400, 'malformed-json'],
    ['4 invalid UTF-8', Uint8Array.of(...utf8('{"reason":"a'), 0xff, ...utf8('b"}')), 400, 'malformed-json'],
    ['5 duplicate keys', `{${reason},${reason}}`, 400, 'malformed-json'],
    ['6 __proto__', `{${reason},"__proto__":{"admin":true}}`, 400, 'malformed-json'],
    ['7 constructor', `{${reason},"constructor":{"prototype":{}}}`, 400, 'malformed-json'],
    ['8 depth 100 000', `{"reason":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400, 'malformed-json'],
    ['9 1e400', '{"reason":1e400}', 400, 'malformed-json'],
    ['10 integer beyond 2^53', '{"reason":9007199254740993}', 400, 'malformed-json'],
    ['11 lone surrogate', '{"reason":"\\ud800 because"}', 400, 'malformed-json'],
    ['12 NUL', '{"reason":"be\\u0000cause"}', 400, 'malformed-json'],
    ['20 unknown field', `{${reason},"agencyId":"x"}`, 400, 'unknown-field'],
    ['nothing at all', '', 400, 'malformed-request'],
    ['not an object', '[1]', 400, 'malformed-request'],
    ['14 too large', `{"reason":"${'x'.repeat(1024 * 1024)}"}`, 413, 'too-large'],
  ])('%s', async (_name, body, status, code) => {
    const answer = await client.send('POST', `/v1/exhibits/${exhibit.id}/hold`, body, {
      ...JSON_TYPE,
      'if-match': '"1"',
    });
    expect({ status: answer.status, code: answer.json.code }).toEqual({ status, code });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.json.type).toBe(`/problems/${code}`);
    expect(JSON.stringify(answer.json)).not.toMatch(/node_modules|at \w+ \(/);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'multipart/form-data',
  ])('13 media type %s', async (type) => {
    const answer = await client.send('POST', `/v1/exhibits/${exhibit.id}/hold`, '{}', { 'content-type': type });
    expect([answer.status, answer.json.code]).toEqual([415, 'media-type']);
  });

  it('13 a content coding', async () => {
    const answer = await client.send('POST', `/v1/exhibits/${exhibit.id}/hold`, gzipSync('{}'), {
      ...JSON_TYPE,
      'content-encoding': 'gzip',
    });
    expect([answer.status, answer.json.code]).toEqual([415, 'media-type']);
  });

  it('22 SQL metacharacters are stored literally', async () => {
    const number = `'; DROP TABLE amana.exhibit; -- " \\ % _ $1`;
    const sample = await sampleExhibit(world.directory.tripoli.investigator, { number, caseNumber: number });
    expect((await client.post('/v1/exhibits', sample.registration)).status).toBe(201);
    expect((await client.get(`/v1/exhibits/${sample.id}`)).json).toMatchObject({ number, caseNumber: number });
  });
});

describe('requests that the contract does not know', () => {
  it('18 a method that a path does not take', async () => {
    const answer = await client.send('DELETE', `/v1/exhibits/${exhibit.id}`);
    expect([answer.status, answer.json.code]).toEqual([405, 'method-not-allowed']);
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });

  it.each([
    ['PATCH', '/v1/exhibits', 'GET, HEAD, POST'],
    ['DELETE', '/openapi.json', 'GET, HEAD'],
    ['POST', '/log/checkpoint', 'GET, HEAD'],
    ['PUT', '/v1', 'GET, HEAD'],
    ['GET', '/v1/officers/me/keys', 'PUT'],
  ])('18 %s of %s', async (method, path, allow) => {
    const answer = await client.send(method, path);
    expect([answer.status, answer.json.code, answer.headers.get('allow')]).toEqual([405, 'method-not-allowed', allow]);
  });

  it.each([`(a+)+$${'a'.repeat(60)}!`, 'a'.repeat(95), `%${'_'.repeat(90)}%`])(
    '23 a number that would be a costly pattern, %s, costs what any other does',
    async (number) => {
      const began = performance.now();
      const answer = await client.get(`/v1/exhibits?number=${encodeURIComponent(number)}`);
      expect([answer.status, answer.json.items]).toEqual([200, []]);
      expect(performance.now() - began).toBeLessThan(1000);
    },
  );

  it.each([`number=${'a'.repeat(101)}`, 'number=', 'filter=(a%2B)%2B$', `number=${'('.repeat(5000)}`])(
    '23 a filter that is none of ours is refused at once: %s',
    async (query) => {
      await client.get('/v1/exhibits?limit=1');
      const began = performance.now();
      expect((await client.get(`/v1/exhibits?${query}`)).status).toBe(400);
      expect(performance.now() - began).toBeLessThan(500);
    },
  );

  it('a path that there is not', async () => {
    const answer = await client.get('/v1/exhibit');
    expect([answer.status, answer.json.code]).toEqual([404, 'not-found']);
  });

  it('21 a media type that none of ours is', async () => {
    const answer = await client.get('/v1/exhibits', { accept: 'image/png' });
    expect([answer.status, answer.json.code]).toEqual([406, 'not-acceptable']);
  });

  it.each<[query: string, code: string]>([
    ['limit=1000000000', 'page-size'],
    ['limit=201', 'page-size'],
    ['limit=0', 'page-size'],
    ['limit=-1', 'page-size'],
    ['limit=ten', 'page-size'],
    ['cursor=%00%01', 'malformed-request'],
    [
      `cursor=${Buffer.from('2026-02-31T00:00:00.000Z 00000000-0000-4000-8000-000000000000').toString('base64url')}`,
      'malformed-request',
    ],
    ['agencyId=1', 'unknown-field'],
    ['limit=1&limit=2', 'page-size'],
  ])('24 a page asked for with %s', async (query, code) => {
    const answer = await client.get(`/v1/exhibits?${query}`);
    expect([answer.status, answer.json.code]).toEqual([400, code]);
  });

  it.each(['x', '%zz', '%00', "1' OR '1'='1", '../exhibits', randomUUID().toUpperCase()])(
    'an id such as %s',
    async (id) => {
      const answer = await client.get(`/v1/exhibits/${id.startsWith('%') ? id : encodeURIComponent(id)}`);
      expect([400, 404]).toContain(answer.status);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    },
  );
});

describe('requests that are none, on the wire', () => {
  const host = 'Host: amana.example';
  it.each<[name: string, head: string[], body: string, status: number, code: string]>([
    [
      '16 both lengths',
      ['POST /v1/exhibits HTTP/1.1', host, 'Content-Length: 5', 'Transfer-Encoding: chunked'],
      '0\r\n\r\n',
      400,
      'malformed-request',
    ],
    [
      '17 two lengths',
      ['POST /v1/exhibits HTTP/1.1', host, 'Content-Length: 5', 'Content-Length: 6'],
      'abcde',
      400,
      'malformed-request',
    ],
    [
      '17 two equal lengths',
      ['POST /v1/exhibits HTTP/1.1', host, 'Content-Length: 5', 'Content-Length: 5'],
      'abcde',
      400,
      'malformed-request',
    ],
    [
      'a length that is no number',
      ['POST /v1/exhibits HTTP/1.1', host, 'Content-Length: 5a'],
      'abcde',
      400,
      'malformed-request',
    ],
    [
      'a transfer coding that hides another',
      ['POST /v1/exhibits HTTP/1.1', host, 'Transfer-Encoding: chunked, identity'],
      '0\r\n\r\n',
      400,
      'malformed-request',
    ],
    [
      '19 a header too large',
      ['GET /v1/exhibits HTTP/1.1', host, `X-Large: ${'x'.repeat(20_000)}`],
      '',
      431,
      'headers-too-large',
    ],
    ['no HTTP at all', ['\x16\x03\x01\x02'], '', 400, 'malformed-request'],
  ])('%s', async (_name, head, body, status, code) => {
    const answer = await exchange(`${head.join('\r\n')}\r\n\r\n${body}`);
    expect(answer.split('\r\n', 1)[0]).toContain(` ${status} `);
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain(`/problems/${code}"`);
  });

  it('15 a part without a length', async () => {
    const path = `/v1/uploads/${exhibit.files[0]?.id}/parts/1`;
    const answer = await exchange(
      [
        `PUT ${path} HTTP/1.1`,
        ...[host, ...signedInLines(token, 'PUT', PUBLIC_URL, path), 'Transfer-Encoding: chunked', 'Connection: close'],
        ...['', '5', 'abcde', '0', '', ''],
      ].join('\r\n'),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 411 /);
  });

  it('answers a refused part and then the next request of the same connection', async () => {
    const [file] = exhibit.files;
    const path = `/v1/uploads/${file?.id}/parts/1`;
    const body = 'x'.repeat(1_000_000);
    const answer = await exchange(
      [
        `PUT ${path} HTTP/1.1`,
        ...[
          host,
          ...signedInLines(token, 'PUT', PUBLIC_URL, path),
          `Content-Length: ${body.length}`,
          '',
          `${body}GET /v1 HTTP/1.1`,
        ],
        ...[host, 'Connection: close', '', ''],
      ].join('\r\n'),
    );
    expect([...answer.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual(['400', '200']);
  });

  it('93 a part shorter than its length', async () => {
    const [file] = exhibit.files;
    const path = `/v1/uploads/${file?.id}/parts/1`;
    const answer = await exchange(
      [
        `PUT ${path} HTTP/1.1`,
        ...[host, ...signedInLines(token, 'PUT', PUBLIC_URL, path), `Content-Length: ${file?.sealed.length}`],
        ...[`Content-Digest: sha-256=:${Buffer.alloc(32).toString('base64')}:`, '', 'abcde'],
      ].join('\r\n'),
      { half: true },
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('/problems/short-body"');
    expect((await client.get(`/v1/uploads/${file?.id}`)).json.received).toEqual([]);
  });
});

/** Sends bytes as they are and reads until the other side closes. @param half whether to close our side first */
function exchange(bytes: string, { half = false } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(api.port, '127.0.0.1', () => {
      if (half) socket.end(bytes, 'latin1');
      else socket.write(bytes, 'latin1');
    });
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no end after: ${answer}`)));
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
