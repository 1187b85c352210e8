import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type RequestListener, type Server, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WideAgent } from './wide-agent.js';

const MIB = 1024 * 1024;
const body = randomBytes(9 * MIB + 13);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('the agent that reads wide', () => {
  const agent = new WideAgent({ keepAlive: true, maxSockets: 4 });
  let server: Server | undefined;

  afterEach(() => {
    agent.destroy();
    server?.closeAllConnections();
    server?.close();
  });

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  const ask = (url: string) =>
    new Promise<IncomingMessage>((resolve, reject) => get(url, { agent }, resolve).on('error', reject));

  async function whole(response: IncomingMessage): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  }

  it('gives every answer its own bytes while several share the buffer', async () => {
    const url = await serve(({ url: path }, response) => response.end(body.subarray(Number(path?.slice(1)))));
    const answers = await Promise.all([0, 1, 7, MIB].map(async (from) => whole(await ask(`${url}${from}`))));
    expect(answers.map(sha256)).toEqual([0, 1, 7, MIB].map((from) => sha256(body.subarray(from))));
  });

  it('uses a connection again', async () => {
    const connections = new Set<unknown>();
    const url = await serve(({ socket }, response) => {
      connections.add(socket);
      response.end(body);
    });
    for (let turn = 0; turn < 3; turn++) expect(sha256(await whole(await ask(url)))).toBe(sha256(body));
    expect(connections.size).toBe(1);
  });

  it('reads no further than the reader does', async () => {
    let sentBytes = 0;
    const url = await serve((_, response) => {
      const send = () => {
        while (sentBytes < 256 * MIB) {
          sentBytes += MIB;
          if (!response.write(body.subarray(0, MIB))) return;
        }
      };
      response.on('drain', send);
      send();
    });
    const response = await ask(url);
    response.pause();
    let before = -1;
    while (before !== sentBytes) {
      before = sentBytes;
      await new Promise((resolve) => setTimeout(resolve, 100)); // what the kernel takes settles
    }
    expect(sentBytes).toBeLessThan(64 * MIB);
    response.destroy();
  });

  it('tells an answer that was cut off', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, MIB), () => response.destroy());
    });
    await expect(ask(url).then(whole)).rejects.toThrow('aborted');
  });
});
