import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePorts } from './free-ports.js';
import { ServiceError } from './service-error.js';

const attempts = 5;

/**
 * Runs `start` with a port of 127.0.0.1 that is free, `preferred` if it is; and again with another one if somebody took
 * that port meanwhile (ServiceError 'port-taken').
 */
export async function onFreePort<T>(start: (port: number) => Promise<T>, preferred?: number): Promise<T> {
  let port = preferred !== undefined && (await isFree(preferred)) ? preferred : await anyFreePort();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(port);
    } catch (cause) {
      if (attempt === attempts || !(cause instanceof ServiceError && cause.code === 'port-taken')) throw cause;
      port = await anyFreePort();
    }
  }
}

async function anyFreePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
