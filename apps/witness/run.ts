import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir } from 'node:fs/promises';
import { pino } from 'pino';
import { formatVerifierKey } from '#domain/merkle';
import type { Address, WitnessConfig } from './config.js';
import { ConflictShelf } from './conflict-shelf.js';
import { lockFolder } from './folder-lock.js';
import { originHash } from './held-head.js';
import { isUnused, markUsed } from './key-file.js';
import { Memory } from './memory.js';
import { WitnessMetrics } from './metrics.js';
import { createOperationsServer, createWitnessServer } from './server.js';
import { Witness } from './witness.js';

const GRACE_MS = 3_000;

/** Runs a witness until SIGTERM or SIGINT. Resolves once it listens. @throws StartupError */
export async function runWitness(config: WitnessConfig): Promise<void> {
  const log = pino({ base: { witness: config.name } });
  const { keys, logs, dataFolder } = config;
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  await lockFolder(dataFolder);
  const own = keys.map(({ verifier }) => verifier);
  const memory = await Memory.open(dataFolder, { own, logs, unused: await isUnused(config.keyFile) });
  // The memory is there: from here on this key is nothing without it.
  await markUsed(config.keyFile);
  const conflicts = await ConflictShelf.open(dataFolder, (file) => log.error({ file }, 'a conflict cannot be read'));
  const metrics = new WitnessMetrics([...logs.keys()], memory, conflicts);
  let fault: string | null = null;
  const witness = new Witness({
    ...{ keys, logs, memory, conflicts },
    now: () => new Date(),
    onConflict: ({ id, kind, origin }) => log.error({ conflict: id, kind, log: originHash(origin) }, 'conflict'),
  });
  const parts = {
    ...{ config, memory, conflicts, metrics, witness, log },
    fault: () => fault,
    report: (wrong: string | null) => void (fault = wrong),
    die: (error: Error): never => {
      log.fatal({ err: error }, 'the disk failed in the middle of a write: start again');
      process.exit(1);
    },
  };
  const server = createWitnessServer(parts);
  const servers = [server];
  await listen(server, config.listen);
  if (config.operations !== null) {
    const operations = createOperationsServer(parts);
    servers.push(operations);
    await listen(operations, config.operations);
  }
  log.info({ verifierKeys: own.map(formatVerifierKey), ports: servers.map(portOf), logs: logs.size }, 'listening');
  const stop = () => void close(servers).then(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
}

async function listen(server: Server, { host, port }: Address): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}

/** Lets what was begun come to its end: an answer that is lost costs the log another request. */
async function close(servers: readonly Server[]): Promise<void> {
  const ended = servers.map((server) => {
    const end = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    return end;
  });
  setTimeout(() => process.exit(0), GRACE_MS).unref();
  await Promise.all(ended);
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;
