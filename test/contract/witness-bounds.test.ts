import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomOf } from '../support/random.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { TestLog } from '../support/test-log.js';
import { WitnessFolder, type RunningWitness } from '../support/witness-process.js';

const log = new TestLog('custody.example/log');
let witness: RunningWitness;

beforeAll(async () => {
  const folder = new WitnessFolder(join(temporaryFolder('witness-bounds'), 'w'), 'witness.example/w1');
  await folder.prepare([log], { requestTimeoutSeconds: 1, operations: '127.0.0.1:0' });
  witness = await folder.start();
  await witness.cosign(log, 0, 3);
});
afterAll(() => witness?.process.stop());

/** Resident memory of the process. */
const residentBytes = () => {
  const status = readFileSync(`/proc/${witness.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
};

/** What the server says to bytes sent as they are, until it hangs up. */
async function raw(send: (socket: ReturnType<typeof connect>) => void): Promise<{ answer: string; seconds: number }> {
  const socket = connect(witness.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (bytes) => (answer += bytes.toString('latin1')));
  // A reset is one way to hang up.
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  const began = performance.now();
  send(socket);
  await closed;
  return { answer, seconds: (performance.now() - began) / 1000 };
}

describe('a witness under what is too much', () => {
  it.each([
    ['just over the limit', 256 * 1024 + 1],
    ['a megabyte', 1024 * 1024],
    ['16 MB', 16 * 1024 * 1024],
  ])('refuses a body of %s', async (_, sizeBytes) => {
    // A client may still be sending when it is refused, and then sees its connection go.
    const answer = await witness.post(new Uint8Array(sizeBytes)).then(
      ({ status }) => status,
      () => 'closed',
    );
    expect(sizeBytes > 4 * 1024 * 1024 ? [413, 'closed'] : [413]).toContain(answer);
    expect(await witness.size(log)).toBe(3);
  });

  it('refuses a length of 10 GB without reading it', async () => {
    const { answer, seconds } = await raw((socket) =>
      socket.write('POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 10000000000\r\n\r\nold 3\n'),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(seconds).toBeLessThan(2);
  });

  it('reads an endless body no further than it must, and holds none of it', async () => {
    const before = residentBytes();
    const { answer } = await raw((socket) => {
      socket.write('POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n');
      const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
      const pump = () => {
        while (socket.writable && socket.write(chunk));
        socket.once('drain', pump);
      };
      pump();
    });
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 (413|408) /);
    expect(residentBytes() - before).toBeLessThan(64 * 1024 * 1024);
    await witness.cosign(log, 3, 3);
  });

  it.each([
    ['nothing', ''],
    ['half a header', 'POST /add-checkpoint HTTP/1.1\r\nHost'],
    ['half a body', 'POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 1000\r\n\r\nold 3\n'],
  ])('hangs up on who sends %s and waits', async (_, bytes) => {
    const { answer, seconds } = await raw((socket) => socket.write(bytes));
    expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect(seconds).toBeLessThan(5);
  });

  it('hangs up on a body that drips', async () => {
    const { seconds } = await raw((socket) => {
      socket.write('POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 1000\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 100);
      socket.once('close', () => clearInterval(drip));
    });
    expect(seconds).toBeLessThan(5);
  });

  it.each([
    [
      'two lengths',
      'POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
      400,
    ],
    [
      'a length and chunks',
      'POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a header of 100 kB', `GET / HTTP/1.1\r\nHost: w\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ])('refuses %s', async (_, bytes, status) => {
    const { answer } = await raw((socket) => socket.write(bytes));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('is there for its log while strangers hold connections open', async () => {
    const sockets = Array.from({ length: 100 }, () => connect(witness.port, '127.0.0.1').on('error', () => undefined));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    for (const socket of sockets) {
      socket.write('POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 1000\r\n\r\nold');
    }
    await witness.cosign(log, 3, 3);
    for (const socket of sockets) socket.destroy();
  });

  it('answers any damaged request with a refusal, and stays what it was', async () => {
    const { random, seed } = randomOf(process.env.AMANA_SEED);
    const good = log.request(3, 11);
    const pick = (below: number) => Math.floor(random() * below);
    for (let at = 0; at < 300; at++) {
      const damaged = Buffer.from(good);
      const [from, to] = [pick(good.length), pick(good.length)].sort((a, b) => a - b) as [number, number];
      const way = pick(4);
      if (way === 0) damaged[from] = damaged[from]! ^ (1 << pick(8));
      if (way === 1) damaged.copy(damaged, from, to);
      const body = way === 2 ? damaged.subarray(0, from) : way === 3 ? damaged.subarray(from + 1) : damaged;
      if (body.equals(good)) continue;
      const { status } = await witness.post(new Uint8Array(body));
      expect({ seed, at, status: [400, 403, 404, 409, 422].includes(status) ? 'refused' : status }).toEqual({
        ...{ seed, at, status: 'refused' },
      });
    }
    expect(await witness.size(log)).toBe(3);
    await witness.cosign(log, 3, 3);
  });

  it('takes the same little time for a note of 64 bad signatures, and of 1 000', async () => {
    const text = Buffer.from(log.request(3, 4)).toString('utf8');
    for (const count of [64, 1000]) {
      const began = performance.now();
      const { status } = await witness.post(text.replace(/(— .*\n)/u, (line) => line.repeat(count)));
      expect([200, 400]).toContain(status);
      expect(performance.now() - began).toBeLessThan(2_000);
      if (status === 200) await witness.cosign(log, 4, 4);
    }
  });

  it('keeps health and metrics on an address of their own', async () => {
    expect((await fetch(`${witness.url}/metrics`)).status).toBe(404);
    expect((await fetch(`${witness.url}/health/live`)).status).toBe(404);
    expect((await fetch(`${witness.operationsUrl}/health/ready`)).status).toBe(200);
    expect((await fetch(`${witness.operationsUrl}/add-checkpoint`, { method: 'POST' })).status).toBe(404);
    const metrics = await (await fetch(`${witness.operationsUrl}/metrics`)).text();
    expect(metrics).toContain(`amana_witness_size{origin="${log.origin}"}`);
  });
});
