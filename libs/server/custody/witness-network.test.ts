import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { guardedFetch } from './guarded-fetch.js';
import { WitnessNetwork } from './witness-network.js';

describe('where a witness may be', () => {
  it.each([
    '127.0.0.1',
    '127.1.2.3',
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    'not an address',
    '',
  ])('is not %p', (address) => {
    expect(WitnessNetwork.of(null).mayBeAt(address)).toBe(false);
  });

  it.each(['192.0.2.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2a00:1450::1', '::ffff:8.8.8.8'])(
    'is %s',
    (address) => {
      expect(WitnessNetwork.of(null).mayBeAt(address)).toBe(true);
    },
  );

  it('is an internal network that the operator names, and no more of it', () => {
    const network = WitnessNetwork.of('10.1.0.0/16, fd00:1::/64');
    expect(['10.1.2.3', '::ffff:10.1.2.3', 'fd00:1::5'].map((address) => network.mayBeAt(address))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['10.2.0.1', '127.0.0.1', 'fd00:2::5'].map((address) => network.mayBeAt(address))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each(['10.1.0.0', '10.1.0.0/33', 'example/8', '10.1/16', '::/129', '/8'])('is not told by %p', (networks) => {
    expect(() => WitnessNetwork.of(networks)).toThrow(RangeError);
  });

  it.each(['http://127.1/', 'http://0x7f.1/', 'http://[::ffff:127.0.0.1]/', 'http://2130706433/', 'http://localhost/'])(
    'is not at %s, however it is written',
    (url) => {
      expect(() => WitnessNetwork.of(null).requireMayBeAt(url)).toThrow('internal address');
      expect(() => WitnessNetwork.of('127.0.0.0/8').requireMayBeAt(url)).not.toThrow();
    },
  );
});

describe('a guarded fetch', () => {
  let server: Server;
  let port: number;
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        asked.push(`${request.method} ${request.url} ${Buffer.concat(pieces).toString()}`);
        if (request.url === '/elsewhere') response.writeHead(302, { location: '/secret' }).end();
        else response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end('7\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]'])('never reaches %s unasked for', async (host) => {
    await expect(guardedFetch(WitnessNetwork.of(null))(`http://${host}:${port}/secret`, {})).rejects.toThrow(
      'internal address',
    );
    expect(asked).toEqual([]);
  });

  it('reaches what the operator allows, by address and by name, and follows no redirect', async () => {
    const fetch = guardedFetch(WitnessNetwork.of('127.0.0.0/8,::1/128'));
    for (const host of ['127.0.0.1', 'localhost']) {
      const answer = await fetch(`http://${host}:${port}/add-checkpoint`, {
        method: 'POST',
        body: Buffer.from('old 0'),
      });
      expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
        409,
        'text/x.tlog.size',
        '7\n',
      ]);
    }
    expect((await fetch(`http://127.0.0.1:${port}/elsewhere`, {})).status).toBe(302);
    expect(asked).toEqual(['POST /add-checkpoint old 0', 'POST /add-checkpoint old 0', 'GET /elsewhere ']);
  });

  it('ends when it is told to', async () => {
    const fetch = guardedFetch(WitnessNetwork.of('127.0.0.0/8'));
    const signal = AbortSignal.abort();
    await expect(fetch(`http://127.0.0.1:${port}/`, { signal })).rejects.toThrow();
  });
});
