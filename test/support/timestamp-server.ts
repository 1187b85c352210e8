import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { grantedResponse, parseTimestampRequest } from '#domain/time';
import { POLICY, TestAuthority } from './timestamp-authority.js';

type Answer = { readonly status?: number; readonly type?: string; readonly body: Uint8Array } | 'silence' | 'cut';

/** An authority over HTTP that a test can make misbehave: it gives right answers unless told another. */
export class TimestampServer {
  asked = 0;
  /** Another answer than the right one; undefined gives the right one. */
  instead: ((request: Uint8Array, asked: number) => Promise<Answer | undefined> | Answer | undefined) | null = null;

  private constructor(
    private readonly server: Server,
    public authority: TestAuthority,
  ) {}

  static async start(authority: TestAuthority): Promise<TimestampServer> {
    const server = createServer((request, response) => {
      void (async () => {
        const pieces: Buffer[] = [];
        for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
        const answer = await started.answer(Buffer.concat(pieces));
        if (answer === 'cut') request.socket.destroy();
        else if (answer !== 'silence') {
          response.writeHead(answer.status ?? 200, { 'content-type': answer.type ?? 'application/timestamp-reply' });
          response.end(answer.body);
        }
      })();
    });
    const started = new TimestampServer(server.listen(0, '127.0.0.1'), authority);
    await once(server, 'listening');
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: Uint8Array): Promise<Answer> {
    this.asked += 1;
    const other = await this.instead?.(request, this.asked);
    if (other) return other;
    const { imprint, nonce } = parseTimestampRequest(request);
    const genTime = new Date(Math.floor(Date.now() / 1000) * 1000);
    return { body: grantedResponse(await this.authority.stamp(imprint, { policy: POLICY, nonce, genTime })) };
  }
}
