import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ServiceProcess, startProcess } from '../services/child-process.js';
import { builtProgram } from '../services/checkout.js';
import { onFreePort } from '../services/on-free-port.js';

const run = promisify(execFile);

/** The witnesses of the demo's two states. */
export const DEMO_WITNESSES: readonly string[] = ['witness.arcadia.example/amana', 'witness.borealia.example/amana'];

/** A partner state's witness, as it would run it: its own process, its own key, its own folder. */
export interface RunningWitness {
  readonly name: string;
  readonly url: string;
  /** Its verifier keys, as `AMANA_WITNESSES` and a policy take them. */
  readonly verifierKey: string;
  readonly server: ServiceProcess;
}

/**
 * Starts a witness of this name in a folder of its own; its key is made the first time.
 * @param logKey verifier key of the log that it cosigns
 */
export async function startWitness(folder: string, name: string, logKey: string): Promise<RunningWitness> {
  const program = builtProgram('apps', 'witness', 'main.js');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keyFile = join(folder, 'witness.key');
  if (!existsSync(keyFile)) await run(process.execPath, [program, 'keygen', name, keyFile]);
  return onFreePort(async (port) => {
    const config = join(folder, 'witness.json');
    const listen = `127.0.0.1:${port}`;
    const settings = { name, keyFile: 'witness.key', listen, dataFolder: 'data', logs: [{ vkey: logKey }] };
    writeFileSync(config, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
    const server = await startProcess({
      name: `the witness ${name}`,
      command: process.execPath,
      args: [program, config],
      env: { PATH: process.env.PATH },
      logFile: join(folder, 'witness.log'),
      ready: { url: `http://${listen}/health/ready` },
    });
    const answer = await fetch(`http://${listen}/`);
    const { verifierKey } = (await answer.json()) as { verifierKey: string };
    return { name, url: `http://${listen}`, verifierKey, server };
  });
}

/** `AMANA_WITNESSES` for these. */
export function witnessesSetting(witnesses: readonly Pick<RunningWitness, 'url' | 'verifierKey'>[]): string {
  return witnesses.map(({ url, verifierKey }) => `${verifierKey} ${url}`).join(',');
}
