// A throwaway one-node Ceph with an S3 gateway (RGW) that has Object Lock, for tests, demo and bench. Everything lies
// in one folder and listens on 127.0.0.1 alone. One monitor, one OSD, no manager daemon: to store and serve none is
// needed.
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cephConf } from './ceph-conf.js';
import { startProcess, type ServiceProcess } from './child-process.js';
import { freePorts } from './free-ports.js';
import { hasCommand } from './has-command.js';
import { s3RequestV2, type S3AccessKey } from './s3-request-v2.js';
import { ServiceError } from './service-error.js';

export interface CephRgwOptions {
  /** Emptied first, created if absent: data, logs, keys. */
  readonly folder: string;
  /**
   * Size of the sparse block file, in GiB: the most the store can ever hold. What is deleted is given back after a
   * minute or two.
   */
  readonly capacityGiB?: number;
}

export interface CephRgw {
  /** `s3://key:secret@127.0.0.1:port`: AMANA_STORE without its bucket. */
  readonly url: string;
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** AMANA_STORE for a bucket of this gateway. */
  storeUrl(bucket: string): string;
  /** kill -9 of the gateway alone: what Ceph holds stays. */
  killGateway(): Promise<void>;
  /** Sends the gateway alone a signal, such as SIGSTOP and SIGCONT. */
  signalGateway(signal: NodeJS.Signals): void;
  /** Starts the gateway again, on the same port, after it ended. It answers on return. */
  startGateway(): Promise<void>;
  /** Ends every process of this cluster and waits until they are gone. Leaves the folder. */
  stop(): Promise<void>;
}

const commands = ['ceph', 'ceph-authtool', 'monmaptool', 'ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin'];
const commandWithinMs = 60_000;
const warmWithinMs = 60_000;
const run = promisify(execFile);

/** Whether the machine has all that `startCephRgw` runs (Debian: ceph-common ceph-mon ceph-osd radosgw). */
export function cephInstalled(): boolean {
  return commands.every(hasCommand);
}

/**
 * Starts the cluster and makes a user; a first bucket has been served on return. Takes about ten seconds. It ends when
 * we end.
 * @throws ServiceError 'not-installed', 'exited', 'not-ready'; nothing is left running then
 */
export async function startCephRgw(options: CephRgwOptions): Promise<CephRgw> {
  if (!cephInstalled()) throw new ServiceError('not-installed', `Ceph is not installed: ${commands.join(', ')}`);
  const folder = resolve(options.folder);
  const [monitorPort = 0, oldMonitorPort = 0, gatewayPort = 0] = await freePorts(3);
  const monitors = `[v2:127.0.0.1:${monitorPort},v1:127.0.0.1:${oldMonitorPort}]`;
  const clusterId = randomUUID();
  const configuration = join(folder, 'ceph.conf');
  await rm(folder, { recursive: true, force: true });
  for (const part of ['mon', 'osd', 'rgw', 'run', 'log']) await mkdir(join(folder, part), { recursive: true });
  const capacityGiB = options.capacityGiB ?? 24;
  await writeFile(configuration, cephConf({ folder, clusterId, monitors, gatewayPort, capacityGiB }));
  await makeKeyring(join(folder, 'keyring'));

  const access = { key: randomBytes(10).toString('hex'), secret: randomBytes(20).toString('hex') };
  const endpoint = `http://127.0.0.1:${gatewayPort}`;
  const running: ServiceProcess[] = [];
  const start = async (command: string, args: string[], ready: { line: RegExp } | { url: string }): Promise<void> => {
    const logFile = join(folder, 'log', `${command}.log`);
    running.push(
      await startProcess({ name: command, command, args: ['-f', '-c', configuration, ...args], logFile, ready }),
    );
  };
  const startGateway = (): Promise<void> => start('radosgw', ['-n', 'client.rgw'], { url: `${endpoint}/` });
  const gateway = (): ServiceProcess => {
    const newest = running.at(-1);
    if (newest === undefined) throw new ServiceError('exited', 'the gateway is not running');
    return newest;
  };
  const stop = async (): Promise<void> => {
    for (const service of running.splice(0).reverse()) await service.stop(5_000);
  };

  try {
    await makeMonitor(folder, configuration, clusterId, monitors);
    await start('ceph-mon', ['-i', 'a'], { line: /mon\.a is new leader/ });
    const osdId = randomUUID();
    await ceph(configuration, 'ceph', 'osd', 'new', osdId);
    await ceph(configuration, 'ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osdId);
    await start('ceph-osd', ['-i', '0'], { line: /state: booting -> active/ });
    await startGateway();
    const keys = [`--access-key=${access.key}`, `--secret-key=${access.secret}`];
    await ceph(configuration, 'radosgw-admin', 'user', 'create', '--uid=amana', '--display-name=amana', ...keys);
    await warmUp(endpoint, access);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = `s3://${access.key}:${access.secret}@127.0.0.1:${gatewayPort}`;
  return {
    url,
    endpoint,
    accessKey: access.key,
    secretKey: access.secret,
    storeUrl: (bucket) => `${url}/${bucket}?tls=0`,
    killGateway: () => gateway().kill(),
    signalGateway: (signal) => process.kill(gateway().pid, signal),
    async startGateway() {
      running.pop();
      await startGateway();
    },
    stop,
  };
}

function ceph(configuration: string, command: string, ...args: string[]): Promise<unknown> {
  return run(command, ['-c', configuration, ...args], { timeout: commandWithinMs });
}

async function makeKeyring(keyring: string): Promise<void> {
  await run('ceph-authtool', ['-C', '-g', '-n', 'mon.', '--cap', 'mon', 'allow *', keyring]);
  for (const name of ['client.admin', 'client.rgw', 'osd.0']) {
    const all = ['--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *'];
    await run('ceph-authtool', ['-g', '-n', name, ...all, keyring]);
  }
}

async function makeMonitor(folder: string, configuration: string, clusterId: string, monitors: string): Promise<void> {
  const map = join(folder, 'monmap');
  await run('monmaptool', ['--create', '--addv', 'a', monitors, '--fsid', clusterId, map]);
  await ceph(configuration, 'ceph-mon', '--mkfs', '-i', 'a', '--monmap', map);
}

/**
 * Ceph makes its bucket pools at their first use, which takes seconds: done here, a test's first request is like its
 * next.
 */
async function warmUp(endpoint: string, access: S3AccessKey): Promise<void> {
  const deadline = performance.now() + warmWithinMs;
  const bucket = '/warm-up';
  const object = `${bucket}/object`;
  // The gateway's other threads may not know the new user yet.
  for (;;) {
    try {
      await s3RequestV2({ endpoint, access, method: 'PUT', resource: bucket });
      break;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(100);
    }
  }
  await s3RequestV2({ endpoint, access, method: 'PUT', resource: object, body: 'warm' });
  const begun = await s3RequestV2({ endpoint, access, method: 'POST', resource: `${object}?uploads` });
  const uploadId = /<UploadId>([^<]+)</.exec(begun)?.[1] ?? '';
  await s3RequestV2({ endpoint, access, method: 'DELETE', resource: `${object}?uploadId=${uploadId}` });
  await s3RequestV2({ endpoint, access, method: 'DELETE', resource: object });
  await s3RequestV2({ endpoint, access, method: 'DELETE', resource: bucket });
}
