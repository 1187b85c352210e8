import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ServiceProcess, startProcess } from '../services/child-process.js';
import { builtProgram } from '../services/checkout.js';
import { onFreePort } from '../services/on-free-port.js';

/** The embedded timestamp authority, `demo-tsa`. */
export interface RunningTsa {
  readonly url: string;
  /** Its root certificate, PEM: what a verifier pins. */
  readonly roots: string;
  readonly server: ServiceProcess;
}

/** Starts it in a folder of its own; its keys are made the first time. */
export function startTsa(folder: string): Promise<RunningTsa> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return onFreePort(async (port) => {
    const server = await startProcess({
      name: 'the timestamp authority',
      command: process.execPath,
      args: [builtProgram('apps', 'tsa', 'main.js')],
      env: { PATH: process.env.PATH, AMANA_TSA_FOLDER: folder, AMANA_TSA_PORT: String(port) },
      logFile: join(folder, 'tsa.log'),
      ready: { line: /^tsa: .* ready$/m },
    });
    return { url: `http://127.0.0.1:${port}/`, roots: readFileSync(join(folder, 'root.pem'), 'utf8'), server };
  });
}
