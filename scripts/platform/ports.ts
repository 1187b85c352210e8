import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '../services/free-ports.js';

/** Where a platform listens, all on 127.0.0.1. */
export interface Ports {
  readonly api: number;
  readonly apiOperations: number;
  readonly workerOperations: number;
  readonly issuer: number;
}

/** The ports of the last start where they are still free, else free ones: addresses people noted down keep working when they can. */
export async function openPorts(folder: string): Promise<Ports> {
  const file = join(folder, 'ports.json');
  const earlier = readEarlier(file);
  if (earlier && (await Promise.all(Object.values(earlier).map(isFree))).every(Boolean)) return earlier;
  const [api, apiOperations, workerOperations, issuer] = (await freePorts(4)) as [number, number, number, number];
  const ports = { api, apiOperations, workerOperations, issuer };
  writeFileSync(file, JSON.stringify(ports));
  return ports;
}

function readEarlier(file: string): Ports | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Ports;
  } catch {
    return null;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
