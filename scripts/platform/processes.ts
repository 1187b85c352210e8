import { join } from 'node:path';
import { builtProgram } from '../services/checkout.js';
import { type ServiceProcess, startProcess } from '../services/child-process.js';

/** Starts one of our own processes, built, with this environment alone beside PATH and the like. */
export function startApp(
  app: 'api' | 'worker',
  logFolder: string,
  environment: Readonly<Record<string, string>>,
  readyUrl: string,
): Promise<ServiceProcess> {
  return startProcess({
    name: app,
    command: process.execPath,
    args: ['--enable-source-maps', builtProgram('apps', app, 'main.js')],
    env: { ...inherited(), ...environment },
    logFile: join(logFolder, `${app}.log`),
    ready: { url: readyUrl },
    readyWithinMs: 60_000,
  });
}

/** What a process of ours needs of its surroundings; AMANA_* comes from the launcher alone, but for fault points. */
function inherited(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'TZ', 'NODE_ENV', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
