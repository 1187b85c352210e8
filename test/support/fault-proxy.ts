import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What happens to a connection. Bytes are counted from its begin. */
export type Fault =
  | { readonly kind: 'none' }
  /** Answered at once, and never heard by the server. */
  | { readonly kind: 'unavailable' }
  /** Broken off by a reset after so many bytes towards the server. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** The server hears all of it; its answer is broken off after so many bytes. */
  | { readonly kind: 'lost-answer'; readonly afterBytes: number }
  /** Every piece of the answer comes so much later. */
  | { readonly kind: 'slow'; readonly delayMs: number };

const UNAVAILABLE =
  'HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/xml\r\nContent-Length: 46\r\nConnection: close\r\n\r\n' +
  '<Error><Code>ServiceUnavailable</Code></Error>';

/** Stands between an HTTP server and its clients, and fails as it is told. */
export class FaultProxy {
  /** How many connections had a fault. */
  faults = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
    /** Asked for every new connection. */
    private next: () => Fault,
  ) {}

  static async start(target: { host: string; port: number }): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: false });
    const proxy = new FaultProxy(server, target, () => ({ kind: 'none' }));
    server.on('connection', (client) => proxy.accept(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on. Connections that are kept alive are broken off, so that they meet it too. */
  fail(next: Fault | (() => Fault)): void {
    this.next = typeof next === 'function' ? next : () => next;
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.fail({ kind: 'none' });
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    const fault = this.next();
    if (fault.kind !== 'none') this.faults += 1;
    this.follow(client);
    if (fault.kind === 'unavailable') {
      client.once('data', () => client.end(UNAVAILABLE));
      client.resume();
      return;
    }
    const server = connect(this.target);
    this.follow(server);
    const reset = () => {
      client.resetAndDestroy();
      server.destroy();
    };
    client.once('close', () => server.destroy());
    server.once('close', () => client.end());
    pump(client, server, fault.kind === 'reset' ? fault.afterBytes : Infinity, 0, reset);
    const answerBytes = fault.kind === 'lost-answer' ? fault.afterBytes : Infinity;
    pump(server, client, answerBytes, fault.kind === 'slow' ? fault.delayMs : 0, reset);
  }

  private follow(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
  }
}

/** Moves bytes on until `limit` of them have come, then breaks off. */
function pump(from: Socket, to: Socket, limit: number, delayMs: number, breakOff: () => void): void {
  let seen = 0;
  void (async () => {
    for await (const piece of from as AsyncIterable<Buffer>) {
      seen += piece.length;
      if (delayMs > 0) await delay(delayMs);
      if (seen > limit) {
        to.write(piece.subarray(0, piece.length - (seen - limit)), breakOff);
        return;
      }
      if (!to.write(piece)) await drained(to);
    }
    to.end();
  })().catch(() => undefined);
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      socket.off('drain', over).off('close', over);
      resolve();
    };
    socket.on('drain', over).on('close', over);
  });
}
