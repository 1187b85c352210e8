import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { grantedResponse, imprintOf, parseTimestampRequest, refusedResponse } from '#domain/time';
import { POLICY, TestAuthority } from '../../../test/support/timestamp-authority.js';
import { TimestampServer } from '../../../test/support/timestamp-server.js';
import { HttpTimestampAuthority, type HttpAuthorityOptions, TsaError } from './index.js';

const DAY_MS = 86_400_000;
const span = () => ({ notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) });
const imprint = imprintOf(new TextEncoder().encode('head'));
let tsa: TestAuthority;
let server: TimestampServer;
beforeEach(async () => {
  tsa = await TestAuthority.make(span(), span());
  server = await TimestampServer.start(tsa);
});
afterEach(() => server.close());

const client = (options: Partial<HttpAuthorityOptions> = {}) =>
  new HttpTimestampAuthority({ url: server.url, roots: [tsa.root.der], firstDelayMs: 1, ...options });
const failureOf = (options: Partial<HttpAuthorityOptions> = {}) =>
  client(options)
    .stamp(imprint)
    .then(
      () => null,
      (error: unknown) =>
        error instanceof TsaError ? { code: error.code, alarm: error.alarm } : Promise.reject(error as Error),
    );

describe('an authority over HTTP', () => {
  it('gives a token that was verified', async () => {
    const verified = await client({ policies: [POLICY] }).stamp(imprint);
    expect(verified).toMatchObject({ imprint, policy: POLICY, tsaName: 'CN=signer' });
    expect(server.asked).toBe(1);
  });

  it('is asked again when it is busy or cut off, and gives up in the end', async () => {
    server.instead = (_, asked) =>
      asked === 1 ? 'cut' : asked === 2 ? { status: 503, body: new Uint8Array() } : undefined;
    await client().stamp(imprint);
    expect(server.asked).toBe(3);
    server.instead = () => 'cut';
    expect(await failureOf()).toEqual({ code: 'unreachable', alarm: false });
    expect(server.asked).toBe(7);
  });

  it('is left alone when the process ends', async () => {
    server.instead = () => 'silence';
    const ending = new AbortController();
    const failure = failureOf({ signal: ending.signal });
    while (server.asked === 0) await new Promise((resolve) => setImmediate(resolve));
    ending.abort();
    expect(await failure).toEqual({ code: 'unreachable', alarm: false });
    expect(server.asked).toBe(1);
  });

  it.each<[string, TimestampServer['instead'], string, boolean]>([
    ['refuses', () => ({ body: refusedResponse('systemFailure', 'out of order') }), 'not-granted', false],
    ['answers 404', () => ({ status: 404, body: new Uint8Array() }), 'bad-answer', false],
    ['answers a page', () => ({ type: 'text/html', body: Buffer.from('<p>hello') }), 'bad-answer', false],
    ['answers garbage', () => ({ body: Buffer.from('hello') }), 'malformed', true],
    ['answers without end', () => ({ body: Buffer.alloc(1024 * 1024) }), 'too-large', true],
    ['redirects', () => ({ status: 302, body: new Uint8Array() }), 'unreachable', false],
    [
      'gives an earlier answer',
      async (request) => ({
        body: grantedResponse(await tsa.stamp(parseTimestampRequest(request).imprint, { nonce: 1n })),
      }),
      'outside-validity',
      true,
    ],
  ])('that %s gives nothing', async (_, instead, code, alarm) => {
    server.instead = instead;
    const failure = await failureOf();
    if (code === 'outside-validity') expect(failure).toEqual({ code: 'wrong-nonce', alarm: true });
    else expect(failure).toEqual({ code, alarm });
  });

  it('whose root is another than the pinned one is an alarm, and is asked once', async () => {
    server.authority = await TestAuthority.make(span(), span());
    expect(await failureOf()).toEqual({ code: 'untrusted', alarm: true });
    expect(server.asked).toBe(1);
  });

  it('whose clock is not ours is an alarm', async () => {
    const now = () => new Date(Date.now() + 120_000);
    expect(await failureOf({ now })).toEqual({ code: 'clock-skew', alarm: true });
  });

  it('that stamps under another policy than was asked for is an alarm', async () => {
    expect(await failureOf({ policies: ['1.2.3'] })).toEqual({ code: 'wrong-policy', alarm: true });
  });
});
