import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** Below what systems hand out themselves (Linux: 32768 and up), so that no outgoing connection takes a port before its server does. */
const LOWEST = 15_000;
const HIGHEST = 32_000;

/**
 * TCP ports of 127.0.0.1 that nobody held at the time of asking, all different. Another process may take one before you
 * do: start again if a bind then fails.
 */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>();
  while (held.size < count) {
    const port = randomInt(LOWEST, HIGHEST);
    const server = held.has(port) ? null : await listen(port);
    if (server) held.set(port, server);
  }
  await Promise.all([...held.values()].map(close));
  return [...held.keys()];
}

/** Null when somebody has the port. */
function listen(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
