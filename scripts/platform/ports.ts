import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../services/free-ports.js';

/** Where a platform listens, all on 127.0.0.1 unless the API was told otherwise. */
export interface Ports {
  readonly api: number;
  readonly apiOperations: number;
  readonly workerOperations: number;
  readonly issuer: number;
}

/** Ports that the environment asks for. */
export type GivenPorts = Partial<Pick<Ports, 'api' | 'apiOperations'>>;

/** What was killed a moment ago still has its ports for about as long. */
const LEAVING_MS = 3_000;

/**
 * The ports that are given, then those of the last start where they are free, else free ones: addresses people noted down keep
 * working when they can.
 * @throws Error when a given port is taken
 */
export async function openPorts(folder: string, given: GivenPorts = {}): Promise<Ports> {
  const file = join(folder, 'ports.json');
  const earlier = readEarlier(file);
  const wanted = { ...earlier, ...given };
  const deadline = performance.now() + LEAVING_MS;
  const leaves = async (port: number | undefined): Promise<boolean> => {
    if (port === undefined) return false;
    while (!(await isFree(port))) {
      if (performance.now() > deadline) return false;
      await delay(100);
    }
    return true;
  };
  const spare = await freePorts(4);
  const choose = async (name: keyof Ports): Promise<number> => {
    if (await leaves(wanted[name])) return wanted[name] ?? 0;
    if (name in given) throw new Error(`port ${given[name as keyof GivenPorts] ?? 0} is taken by somebody else`);
    return spare.pop() ?? 0;
  };
  const ports: Ports = {
    api: await choose('api'),
    apiOperations: await choose('apiOperations'),
    workerOperations: await choose('workerOperations'),
    issuer: await choose('issuer'),
  };
  writeFileSync(file, JSON.stringify(ports));
  return ports;
}

function readEarlier(file: string): Partial<Ports> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Ports;
  } catch {
    return {};
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
