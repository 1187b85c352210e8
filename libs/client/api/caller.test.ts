import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ApiError } from './api-error.js';
import { Caller, type CallerOptions } from './caller.js';
import type { Credential } from './credential.js';
import { ConnectionLost, type HttpRequest, type HttpResponse } from './http.js';
import type { Clock } from './retry.js';

type Step = { status: number; body?: unknown; headers?: Record<string, string> } | 'lost' | 'cut';

/** A server that gives the answers listed, one a request, and a clock that only moves when somebody sleeps. */
function scripted(steps: Step[], options: Partial<CallerOptions> = {}) {
  const requests: HttpRequest[] = [];
  const waits: number[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    random: () => 0,
    sleep: (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
  };
  const caller = new Caller({
    baseUrl: 'http://api.test',
    clock,
    ...options,
    send: (request) => {
      requests.push(request);
      const step = steps.shift();
      if (step === undefined) throw new Error('one request too many');
      if (step === 'lost') return Promise.reject(new ConnectionLost('reset'));
      return Promise.resolve(answer(step));
    },
  });
  return { caller, requests, waits };
}

function answer(step: Exclude<Step, 'lost'>): HttpResponse {
  const { status, body, headers = {} } = step === 'cut' ? { status: 200, body: null } : step;
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return {
    status,
    header: (name) =>
      headers[name] ??
      (name === 'content-type' ? (status < 400 ? 'application/json' : 'application/problem+json') : null),
    bytes: () => (step === 'cut' ? Promise.reject(new ConnectionLost('cut')) : Promise.resolve(bytes)),
    stream: async function* () {
      yield await Promise.resolve(step === 'cut' ? bytes.subarray(0, 2) : bytes);
      if (step === 'cut') throw new ConnectionLost('cut');
    },
  };
}

const problem = (status: number, code: string) => ({
  status,
  body: { type: `/problems/${code}`, title: code, status, code },
});
/** A credential whose proofs say what they are for. */
const credential = (accessToken: string): Credential => ({
  accessToken,
  prove: ({ method, url, nonce = '-' }) => Promise.resolve(`${accessToken} ${method} ${url} ${nonce}`),
});
const challenge = (field: string, headers: Record<string, string> = {}): Step => ({
  ...problem(401, 'unauthenticated'),
  headers: { 'content-type': 'application/problem+json', 'www-authenticate': field, ...headers },
});
const nonceNeeded = (nonce: string) =>
  challenge('DPoP realm="x", error="use_dpop_nonce", algs="ES256"', { 'dpop-nonce': nonce });
const freshNeeded = challenge(
  'DPoP realm="x", error="insufficient_user_authentication", max_age="900", acr_values="a b", algs="ES256"',
);
const Answer = z.object({ ok: z.boolean() });
const done = { status: 200, body: { ok: true } };

describe('an answer without an end', () => {
  it('is given up, and not asked for again', async () => {
    let sent = 0;
    const send = () =>
      Promise.resolve({
        ...answer(done),
        stream: async function* () {
          for (; ; sent += 1) yield await Promise.resolve(new Uint8Array(1 << 24));
        },
      });
    const caller = new Caller({ baseUrl: 'http://api.test', send });
    const call = caller.json(Answer, { method: 'GET', path: '/v1' });
    await expect(call).rejects.toMatchObject({ failure: { kind: 'bad-answer' } });
    expect(sent).toBe(12);
  });
});

describe('a call', () => {
  it.each<[string, Step]>([
    ['a lost connection', 'lost'],
    ['an answer cut off half-way', 'cut'],
    ['503', problem(503, 'unavailable')],
    ['429', problem(429, 'too-many-requests')],
    ['a gateway that has no server', { status: 502, body: '<html>', headers: { 'content-type': 'text/html' } }],
  ])('is tried again after %s, as the same operation', async (_, failure) => {
    const { caller, requests } = scripted([failure, failure, done]);
    await expect(caller.json(Answer, { method: 'POST', path: '/v1/grants', json: {} })).resolves.toEqual({ ok: true });
    expect(requests).toHaveLength(3);
    const keys = new Set(requests.map(({ headers }) => headers['idempotency-key']));
    expect(keys.size).toBe(1);
    expect([...keys][0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gives two calls two idempotency keys', async () => {
    const { caller, requests } = scripted([done, done]);
    await caller.json(Answer, { method: 'POST', path: '/v1/grants' });
    await caller.json(Answer, { method: 'POST', path: '/v1/grants' });
    expect(requests[0]?.headers['idempotency-key']).not.toBe(requests[1]?.headers['idempotency-key']);
  });

  it('waits as long as Retry-After asks', async () => {
    const { caller, waits } = scripted([
      { ...problem(503, 'unavailable'), headers: { 'content-type': 'application/problem+json', 'retry-after': '7' } },
      done,
    ]);
    await caller.json(Answer, { method: 'GET', path: '/v1' });
    expect(waits).toEqual([7000]);
  });

  it('waits longer each time, and gives up as unreachable when patience ends', async () => {
    const { caller, waits, requests } = scripted(Array<Step>(50).fill('lost'), { patience: { seconds: 5 } });
    const error = await caller.json(Answer, { method: 'GET', path: '/v1' }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).failure.kind).toBe('unreachable');
    expect(waits).toEqual([100, 200, 400, 800, 1600]);
    expect(requests).toHaveLength(6);
  });

  it('tells a 503 that lasts as the problem it is', async () => {
    const { caller } = scripted([problem(503, 'unavailable')], { patience: { seconds: 0 } });
    await expect(caller.json(Answer, { method: 'GET', path: '/v1' })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([400, 403, 404, 409, 412, 422, 500])('does not try %d again', async (status) => {
    const { caller, requests } = scripted([problem(status, 'forbidden')]);
    await expect(caller.json(Answer, { method: 'GET', path: '/v1' })).rejects.toMatchObject({ code: 'forbidden' });
    expect(requests).toHaveLength(1);
  });

  it('renews a refused token once, and takes a second refusal as the answer', async () => {
    const refused: string[] = [];
    const tokens = {
      current: () => Promise.resolve(credential('old')),
      renew: ({ accessToken }: Credential) => {
        refused.push(accessToken);
        return Promise.resolve(credential('new'));
      },
    };
    const first = scripted([problem(401, 'unauthenticated'), done], { tokens });
    await first.caller.json(Answer, { method: 'GET', path: '/v1' });
    expect(first.requests.map(({ headers }) => headers.authorization)).toEqual(['DPoP old', 'DPoP new']);
    expect(first.requests.map(({ headers }) => headers.dpop)).toEqual([
      'old GET http://api.test/v1 -',
      'new GET http://api.test/v1 -',
    ]);
    const second = scripted([problem(401, 'unauthenticated'), problem(401, 'unauthenticated')], { tokens });
    await expect(second.caller.json(Answer, { method: 'GET', path: '/v1' })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    expect(refused).toEqual(['old', 'old']);
  });

  it('takes up a nonce that the server asks for, and says it from then on, and the next one given', async () => {
    const tokens = {
      current: () => Promise.resolve(credential('t')),
      renew: () => Promise.reject(new Error('nothing is wrong with the token')),
    };
    const { caller, requests } = scripted(
      [nonceNeeded('n1'), done, { ...done, headers: { 'dpop-nonce': 'n2' } }, done],
      {
        tokens,
        publicUrl: 'https://known.test',
      },
    );
    for (let call = 0; call < 3; call += 1)
      await caller.json(Answer, { method: 'POST', path: '/v1/grants', query: { limit: 1 } });
    const proofs = requests.map(({ headers }) => headers.dpop);
    expect(proofs).toEqual(['-', 'n1', 'n1', 'n2'].map((nonce) => `t POST https://known.test/v1/grants ${nonce}`));
    const keys = requests.slice(0, 2).map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toBe(keys[1]);
  });

  it('is given up when the server asks for one nonce after the other', async () => {
    const tokens = { current: () => Promise.resolve(credential('t')), renew: () => Promise.resolve(null) };
    const { caller } = scripted([nonceNeeded('1'), nonceNeeded('2')], { tokens });
    await expect(caller.json(Answer, { method: 'GET', path: '/v1' })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  it('has the person sign in again where the server asks for it, and goes on as the same operation', async () => {
    const asked: unknown[] = [];
    const tokens = {
      current: () => Promise.resolve(credential('stale')),
      renew: () => Promise.reject(new Error('a newer token says no more of the person')),
      stepUp: (_: Credential, needed: unknown) => {
        asked.push(needed);
        return Promise.resolve(credential('fresh'));
      },
    };
    const { caller, requests } = scripted([freshNeeded, nonceNeeded('n'), done], { tokens });
    await caller.json(Answer, { method: 'POST', path: '/v1/grants' });
    expect(asked).toEqual([{ kind: 'step-up', maxAgeSeconds: 900, acrValues: 'a b' }]);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['DPoP stale', 'DPoP fresh', 'DPoP fresh']);
    expect(new Set(requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('is refused where nobody is there to sign in again', async () => {
    const tokens = { current: () => Promise.resolve(credential('stale')), renew: () => Promise.resolve(null) };
    const { caller, requests } = scripted([freshNeeded], { tokens });
    await expect(caller.json(Answer, { method: 'GET', path: '/v1' })).rejects.toBeInstanceOf(ApiError);
    expect(requests).toHaveLength(1);
  });

  it.each<[string, Step]>([
    ['another shape', { status: 200, body: { ok: 'yes' } }],
    ['no JSON', { status: 200, body: undefined }],
    ['an error that is no problem', { status: 418, body: {}, headers: { 'content-type': 'text/html' } }],
  ])('refuses %s as an answer', async (_, step) => {
    const { caller } = scripted([step]);
    await expect(caller.json(Answer, { method: 'GET', path: '/v1' })).rejects.toMatchObject({
      failure: { kind: 'bad-answer' },
    });
  });

  it('does not send after it was aborted', async () => {
    const { caller, requests } = scripted([done]);
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(caller.json(Answer, { method: 'GET', path: '/v1', signal })).rejects.toThrow('stopped');
    expect(requests).toHaveLength(0);
  });
});

describe('a list', () => {
  it('is read page after page', async () => {
    const page = (items: boolean[], next: string | null) => ({
      status: 200,
      body: { items: items.map((ok) => ({ ok })), next },
    });
    const { caller, requests } = scripted([page([true, false], 'a'), page([], 'b'), page([true], null)]);
    const items: { ok: boolean }[] = [];
    for await (const item of caller.all(Answer, { method: 'GET', path: '/v1/grants', query: { limit: 2 } }))
      items.push(item);
    expect(items.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(requests.map(({ url }) => new URL(url).search)).toEqual([
      '?limit=2',
      '?limit=2&cursor=a',
      '?limit=2&cursor=b',
    ]);
  });

  it('is refused when it turns in a circle', async () => {
    const turning = { status: 200, body: { items: [], next: 'a' } };
    const { caller } = scripted([turning, turning, turning]);
    const read = async () => {
      for await (const _ of caller.all(Answer, { method: 'GET', path: '/v1/grants' })) continue;
    };
    await expect(read()).rejects.toMatchObject({ failure: { kind: 'bad-answer' } });
  });
});
