import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { errors, exportJWK, generateKeyPair } from 'jose';
import { IssuerKeys, IssuerUnreachable, type KeyTimes } from './issuer-keys.js';

type Answer = { readonly status: number; readonly body: string } | 'reset';

let server: Server;
let asked: number;
let answer: Answer;
let good: string;
beforeEach(async () => {
  const { publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  good = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'known', alg: 'EdDSA', use: 'sig' }] });
  asked = 0;
  server = createServer((request, response) => {
    asked += 1;
    if (answer === 'reset') request.socket.resetAndDestroy();
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(
  () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
);

const open = (times: KeyTimes) =>
  new IssuerKeys(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`), times);
const keyOf = async (keys: IssuerKeys, kid = 'known', alg = 'EdDSA') =>
  keys.keyOf({ alg, kid }, { payload: '', signature: '' });
const whole = (): Answer => ({ status: 200, body: good });
const MINUTE = 60_000;

describe('the keys of an issuer', () => {
  it.each<[name: string, broken: Answer]>([
    ['500', { status: 500, body: '' }],
    ['503 and a page', { status: 503, body: '<html>' }],
    ['a redirect', { status: 302, body: '' }],
    ['no JSON', { status: 200, body: 'keys' }],
    ['JSON that is no key set', { status: 200, body: '{"keys":7}' }],
    ['nothing', 'reset'],
  ])('are undecided, not refused, when it answers %s', async (_name, broken) => {
    answer = broken;
    const keys = open({ freshMs: MINUTE, staleMs: MINUTE, cooldownMs: 0 });
    await expect(keyOf(keys)).rejects.toBeInstanceOf(IssuerUnreachable);
    answer = whole();
    await expect(keyOf(keys)).resolves.toBeDefined();
  });

  it('are used on while it is away, and no longer than their time', async () => {
    answer = whole();
    const keys = open({ freshMs: 0, staleMs: 400, cooldownMs: 0 });
    await keyOf(keys);
    const given = performance.now();
    answer = { status: 500, body: '' };
    while (performance.now() - given < 300) await expect(keyOf(keys)).resolves.toBeDefined();
    while (performance.now() - given < 500) await delay(20);
    await expect(keyOf(keys)).rejects.toBeInstanceOf(IssuerUnreachable);
    answer = whole();
    await expect(keyOf(keys)).resolves.toBeDefined();
  });

  it('are not asked for again at once after a failure', async () => {
    answer = whole();
    const keys = open({ freshMs: 0, staleMs: MINUTE, cooldownMs: MINUTE });
    await keyOf(keys);
    answer = 'reset';
    await keyOf(keys);
    const before = asked;
    for (let count = 0; count < 10; count += 1) await keyOf(keys);
    expect(asked).toBe(before);
  });

  it('refuse a key that it does not have, and leave it undecided while it is away', async () => {
    answer = whole();
    const keys = open({ freshMs: MINUTE, staleMs: MINUTE, cooldownMs: 0 });
    await expect(keyOf(keys, 'unknown')).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
    await expect(keyOf(keys, 'known', 'HS256')).rejects.toBeInstanceOf(errors.JOSENotSupported);
    answer = 'reset';
    await expect(keyOf(keys, 'unknown')).rejects.toBeInstanceOf(IssuerUnreachable);
    await expect(keyOf(keys)).resolves.toBeDefined();
  });

  it('that are changed while people are signed in: the new one is known at its first token, the old one as long as it is given', async () => {
    answer = whole();
    const keys = open({ freshMs: MINUTE, staleMs: MINUTE, cooldownMs: 0 });
    await keyOf(keys);
    const { publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const next = { ...(await exportJWK(publicKey)), kid: 'next', alg: 'EdDSA', use: 'sig' };
    const both = [...(JSON.parse(good) as { keys: object[] }).keys, next];
    answer = { status: 200, body: JSON.stringify({ keys: both }) };
    await expect(keyOf(keys, 'next')).resolves.toBeDefined();
    await expect(keyOf(keys)).resolves.toBeDefined();
    answer = { status: 200, body: JSON.stringify({ keys: [next] }) };
    await expect(keyOf(keys, 'asks anew')).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
    await expect(keyOf(keys)).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
    await expect(keyOf(keys, 'next')).resolves.toBeDefined();
  });

  it('that were taken back are not used beyond the time that keys are fresh', async () => {
    answer = whole();
    const keys = open({ freshMs: 0, staleMs: MINUTE, cooldownMs: 0 });
    await keyOf(keys);
    answer = { status: 200, body: '{"keys":[]}' };
    await expect(keyOf(keys)).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
  });

  it.each([
    ['for encryption', { use: 'enc' }],
    ['for another algorithm', { alg: 'ES256' }],
    ['not for verifying', { use: undefined, key_ops: ['encrypt'] }],
  ])('%s verify no token', async (_what, changed) => {
    const [key] = (JSON.parse(good) as { keys: object[] }).keys;
    answer = { status: 200, body: JSON.stringify({ keys: [{ ...key, ...changed }] }) };
    const keys = open({ freshMs: MINUTE, staleMs: MINUTE, cooldownMs: 0 });
    await expect(keyOf(keys)).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
  });
});
