import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { openNote, parseCheckpoint } from '#domain/merkle';
import { Authority } from '#server/authority';
import { CONFIG } from '#server/config';
import { LogMonitor, LogReader } from '#server/custody';
import { TestLog } from '../../../test/support/custody.js';
import { ProblemFilter } from '../shell/problem.filter.js';
import { SignedIn } from '../shell/signed-in.js';
import { LogApiModule } from './log.module.js';

const SIZE = 300;

let log: TestLog;
let app: INestApplication;
let port: number;
beforeAll(async () => {
  log = await TestLog.open();
  const testing = await Test.createTestingModule({
    imports: [LogApiModule],
    providers: [
      { provide: Authority, useValue: {} },
      // Nobody is signed in here, and nothing of the log asks.
      { provide: SignedIn, useValue: {} },
      { provide: CONFIG, useValue: { publicUrl: 'http://platform.example' } },
      { provide: APP_FILTER, useClass: ProblemFilter },
    ],
  })
    .useMocker((token) => {
      if (token === LogReader) return new LogReader(log.api.database, log.store);
      return token === LogMonitor ? new LogMonitor(log.api.database) : undefined;
    })
    .compile();
  app = testing.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
});
afterAll(async () => {
  await app.close();
  await log.close();
});

interface Answer {
  status: number | undefined;
  headers: Record<string, unknown>;
  body: Buffer;
}

/** The path as it is written, which `fetch` would tidy up. */
function ask(path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ host: '127.0.0.1', port, path, method, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('the public log', () => {
  it('has no checkpoint before the first', async () => {
    expect((await ask('/log/checkpoint')).status).toBe(404);
    await log.appendMany(SIZE);
    await log.publish(SIZE);
  });

  it('serves the signed checkpoint to anyone, to be kept no longer than it holds', async () => {
    const { status, headers, body } = await ask('/log/checkpoint');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'public, max-age=1',
    });
    expect(parseCheckpoint(openNote(body, [log.key.verifier]).text).size).toBe(SIZE);
  });

  it.each([
    ['/log/tile/0/000', 256 * 32],
    ['/log/tile/0/000.p/17', 17 * 32],
    [`/log/tile/0/001.p/${SIZE - 256}`, (SIZE - 256) * 32],
    ['/log/tile/1/000.p/1', 32],
    ['/log/tile/entries/000', 256 * 50],
    [`/log/tile/entries/001.p/${SIZE - 256}`, (SIZE - 256) * 50],
  ])('serves %s to anyone, for ever', async (path, size) => {
    const { status, headers, body } = await ask(path);
    expect([status, body.length]).toEqual([200, size]);
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'cache-control': 'public, max-age=31536000, immutable',
    });
  });

  it.each([
    '/log',
    '/log/',
    '/log/tile',
    '/log/tile/',
    '/log/tile/0/001',
    '/log/tile/0/001.p/45',
    '/log/tile/0/000.p/256',
    '/log/tile/0/000.p/0',
    '/log/tile/0/000.p/017',
    '/log/tile/0/000/',
    '/log/tile/0//000',
    '/log/tile/00/000',
    '/log/tile/64/000',
    '/log/tile/-1/000',
    '/log/tile/0/0',
    '/log/tile/0/x000/000',
    '/log/tile/0/%30%30%30',
    '/log/tile/0/000%2Ep/17',
    '/log/tile/0/../0/000',
    '/log/tile/0/..%2f..%2fcheckpoint',
    '/log/tile/entries/000.p/257',
    '/log/tile/data/000',
    '/log/tile/entries/999999999999999999999999',
  ])('has nothing at %s', async (path) => {
    const { status, headers } = await ask(path);
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      404,
      expect.stringContaining('application/problem+json'),
      undefined,
    ]);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('cannot be written by %s', async (method) => {
    expect((await ask('/log/checkpoint', method)).status).toBeGreaterThanOrEqual(404);
    expect((await ask('/log/tile/0/000', method)).status).toBeGreaterThanOrEqual(404);
  });

  it('tells by HEAD what GET would', async () => {
    const { status, headers, body } = await ask('/log/tile/0/000', 'HEAD');
    expect([status, headers['content-length'], body.length]).toEqual([200, '8192', 0]);
  });
});
