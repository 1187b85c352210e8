import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  imprintOf,
  newNonce,
  readPemCertificates,
  readTimestamp,
  TimestampError,
  timestampRequest,
  tokenIn,
  verifyTimestamp,
} from '#domain/time';
import { builtProgram } from '../../scripts/services/checkout.js';
import { requires } from '../../test/support/requires.js';
import { serviceUrl } from '../../test/support/services.js';
import { temporaryFolder } from '../../test/support/temporary-folder.js';
import { answer, DEMO_POLICY } from './answer.js';
import { type Authority, openAuthority } from './authority.js';
import { readTsaConfig } from './config.js';
import { createTsa } from './server.js';

const DAY_MS = 86_400_000;
const folder = temporaryFolder('tsa');
const data = new TextEncoder().encode('custody.example/log\n7\n');
let authority: Authority;
let server: Server;
let url: string;

beforeAll(async () => {
  authority = await openAuthority(folder, 30, new Date());
  server = createTsa(authority).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function ask(body: Uint8Array, type = 'application/timestamp-query'): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': type }, body: Uint8Array.from(body) });
}
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());
const refusalOf = async (request: Uint8Array) => {
  const response = await ask(request);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/timestamp-reply']);
  try {
    return tokenIn(await bytesOf(response)) && 'granted';
  } catch (error) {
    if (!(error instanceof TimestampError)) throw error;
    return error.message;
  }
};

describe('the demo timestamp authority', () => {
  it.each(['SHA-256', 'SHA-384', 'SHA-512'] as const)('stamps %s', async (algorithm) => {
    const nonce = newNonce();
    const before = Date.now();
    const response = await ask(timestampRequest(imprintOf(data, algorithm), nonce, DEMO_POLICY));
    expect(response.headers.get('content-type')).toBe('application/timestamp-reply');
    const checks = { bytes: data, nonce, roots: [authority.root], policies: [DEMO_POLICY], at: new Date() };
    const verified = await verifyTimestamp(await bytesOf(response), checks);
    expect(verified).toMatchObject({
      tsaName: 'CN=demo-tsa',
      accuracy: { seconds: 1, millis: 0, micros: 0 },
    });
    expect(Math.abs(verified.genTime.getTime() - before)).toBeLessThan(10_000);
    expect(verified.certificateNotAfter).toEqual(authority.notAfter);
  });

  it('brings its certificates only when they are asked for', async () => {
    const request = timestampRequest(imprintOf(data), 7n);
    // The last member, BOOLEAN TRUE, is left out: FALSE is the default.
    const without = Uint8Array.from(request.slice(0, -3));
    without[1]! -= 3;
    const token = tokenIn(await bytesOf(await ask(without)));
    const checks = { bytes: data, roots: [authority.root] };
    await expect(verifyTimestamp(token, checks)).rejects.toMatchObject({ code: 'signer-missing' });
    await expect(verifyTimestamp(token, { ...checks, certificates: [authority.certificate] })).resolves.toMatchObject({
      policy: DEMO_POLICY,
    });
  });

  const good = () => Buffer.from(timestampRequest(imprintOf(data), 7n));
  const changed = (from: string, to: string) => Buffer.from(good().toString('hex').replace(from, to), 'hex');
  it.each([
    ['SHA-1', () => Buffer.from(`30260201013021300906052b0e03021a05000414${'00'.repeat(20)}`, 'hex'), 'badAlg'],
    ['an unknown digest', () => changed('608648016503040201', '608648016503040209'), 'badAlg'],
    ['a digest of another length', () => changed('608648016503040201', '608648016503040202'), 'badDataFormat'],
    ['version 2', () => changed('020101', '020102'), 'badDataFormat'],
    ['another policy', () => timestampRequest(imprintOf(data), 7n, '1.2.3'), 'unacceptedPolicy'],
    ['nothing', () => new Uint8Array(), 'badDataFormat'],
    ['bytes after the end', () => Buffer.concat([good(), Buffer.from([0])]), 'badDataFormat'],
    ['a boolean that is neither', () => changed('0101ff', '010101'), 'badDataFormat'],
    ['an extension', () => withExtension(good()), 'unacceptedExtension'],
    ['too much', () => new Uint8Array(100_000), 'badRequest'],
  ])('refuses %s, and says why', async (_, request, why) => {
    expect(await refusalOf(request())).toContain(why);
  });

  function withExtension(request: Buffer): Uint8Array {
    const extension = Buffer.from('a00a300806032a0304040100', 'hex');
    const longer = Buffer.concat([request, extension]);
    longer[1]! += extension.length;
    return longer;
  }

  it('stamps nothing once its certificate has expired', async () => {
    const request = timestampRequest(imprintOf(data), 7n);
    const late = await answer(request, authority, new Date(authority.notAfter.getTime() + 1000));
    expect(() => tokenIn(late)).toThrow('timeNotAvailable');
  });

  it('takes what is no timestamp query for none', async () => {
    expect((await ask(good(), 'application/json')).status).toBe(415);
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(405);
    expect((await fetch(`${url}elsewhere`)).status).toBe(404);
  });

  it('says whose it is, and which certificates to pin', async () => {
    const described = (await (await fetch(url)).json()) as Record<string, string>;
    expect(described).toMatchObject({ name: 'demo-tsa', policy: DEMO_POLICY });
    expect(readPemCertificates(described.certificates ?? '')).toEqual([authority.certificate, authority.root]);
    expect(readPemCertificates(readFileSync(join(folder, 'root.pem'), 'utf8'))).toEqual([authority.root]);
    expect(await (await fetch(`${url}health/ready`)).json()).toEqual({ status: 'ready' });
  });

  it('keeps its keys to itself', () => {
    expect(statSync(join(folder, 'authority.json')).mode & 0o777).toBe(0o600);
  });
});

describe('the folder of the authority', () => {
  it('gives the same authority again, and one to two who ask at once', async () => {
    const another = temporaryFolder('tsa');
    const now = new Date();
    const both = await Promise.all([openAuthority(another, 30, now), openAuthority(another, 30, now)]);
    const again = await openAuthority(another, 30, now);
    expect(both.map(({ certificate }) => certificate)).toEqual([again.certificate, again.certificate]);
  });

  it('makes the signer anew before it expires, under the same root', async () => {
    const another = temporaryFolder('tsa');
    const first = await openAuthority(another, 30, new Date('2026-01-01'));
    const still = await openAuthority(another, 30, new Date('2026-01-26'));
    const next = await openAuthority(another, 30, new Date('2026-01-29'));
    expect(still.certificate).toEqual(first.certificate);
    expect(next.certificate).not.toEqual(first.certificate);
    expect(next.root).toEqual(first.root);
    expect(next.notAfter.getTime() - first.notAfter.getTime()).toBe(28 * DAY_MS);
  });
});

describe('the process', () => {
  const running = new Set<ChildProcess>();
  afterAll(() => running.forEach((child) => child.kill('SIGKILL')));

  async function start(home: string) {
    const child = spawn(process.execPath, [builtProgram('apps', 'tsa', 'main.js')], {
      env: { PATH: process.env.PATH, AMANA_TSA_FOLDER: home, AMANA_TSA_PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.add(child);
    for await (const line of createInterface({ input: child.stdout })) {
      const [, address] = /^tsa: (http:\S+) ready$/.exec(line) ?? [];
      if (address !== undefined) return { child, address };
    }
    throw new Error('the authority did not start');
  }

  beforeAll(() => serviceUrl('build'), 240_000);

  it('uses no serial number twice, killed or not, and goes on with the same keys', async () => {
    const home = temporaryFolder('tsa');
    const serials: bigint[] = [];
    const names = new Set<string>();
    for (let round = 0; round < 2; round++) {
      const { child, address } = await start(home);
      for (let count = 0; count < 20; count++) {
        const body = timestampRequest(imprintOf(data), newNonce());
        const response = await fetch(address, {
          method: 'POST',
          headers: { 'content-type': 'application/timestamp-query' },
          body,
        });
        serials.push(readTimestamp(await bytesOf(response)).serial);
      }
      names.add(((await (await fetch(address)).json()) as { certificates: string }).certificates);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(new Set(serials).size).toBe(40);
    expect(names.size).toBe(1);
  });
});

describe('the configuration of the authority', () => {
  it('is refused with every fault at once', () => {
    const read = () =>
      readTsaConfig({ AMANA_TSA_PORT: '70000', AMANA_TSA_FOLDER: '', AMANA_TSA_CERTIFICATE_DAYS: '0' });
    for (const fault of ['AMANA_TSA_FOLDER: is missing', 'AMANA_TSA_PORT: ', 'AMANA_TSA_CERTIFICATE_DAYS: '])
      expect(read).toThrow(fault);
  });
});

requires('openssl')('openssl and the demo authority', () => {
  const home = temporaryFolder('tsa-openssl');
  const path = (name: string) => join(home, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' }).toString();

  it.each(['sha256', 'sha384', 'sha512'])('openssl asks with %s, and accepts the answer', async (digest) => {
    writeFileSync(path('data'), data);
    openssl('ts', '-query', '-data', path('data'), `-${digest}`, '-cert', '-out', path('query.tsq'));
    writeFileSync(path('reply.tsr'), await bytesOf(await ask(readFileSync(path('query.tsq')))));
    const root = join(folder, 'root.pem');
    const said = openssl('ts', '-verify', '-queryfile', path('query.tsq'), '-in', path('reply.tsr'), '-CAfile', root);
    expect(said).toContain('Verification: OK');
    expect(openssl('ts', '-verify', '-data', path('data'), '-in', path('reply.tsr'), '-CAfile', root)).toContain('OK');
  });

  it('openssl reads its refusals', async () => {
    writeFileSync(path('refusal.tsr'), await bytesOf(await ask(timestampRequest(imprintOf(data), 7n, '1.2.3'))));
    const said = openssl('ts', '-reply', '-in', path('refusal.tsr'), '-text');
    expect(said).toContain('Status: Rejected.');
    expect(said).toContain('the requested TSA policy is not supported');
  });

  it('openssl accepts its certificates', () => {
    const chain = join(folder, 'chain.pem');
    expect(openssl('verify', '-purpose', 'timestampsign', '-CAfile', join(folder, 'root.pem'), chain)).toContain('OK');
  });
});
