import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashPassword, printedPasswordCost } from '#server/password';
import { builtProgram } from './checkout.js';
import { type ServiceProcess, startProcess } from './child-process.js';
import { onFreePort } from './on-free-port.js';

/** Somebody who may sign in. What an officer may do is not said here. */
export interface IssuerAccount {
  /** `sub` of the tokens. */
  readonly subject: string;
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

export interface IssuerOptions {
  /** Keys, accounts, sessions and log. */
  readonly folder: string;
  /** The platform's address: audience of access tokens, origin of the portal. */
  readonly publicUrl: string;
  readonly accounts: readonly IssuerAccount[];
  /** Officers are known by the issuer's address too: ask for the earlier port when the folder is used again. */
  readonly preferredPort?: number;
}

export interface Issuer {
  /** `http://127.0.0.1:port`: AMANA_ISSUER. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  /** Other accounts from now on; takes effect at the next sign-in, without a restart. */
  setAccounts(accounts: readonly IssuerAccount[]): Promise<void>;
  /** Settles when it has ended, for whatever reason: exit code or signal. */
  readonly ended: ServiceProcess['ended'];
  /** Asks it to stop, and kills it if it has not after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  kill(): Promise<void>;
}

/** Starts the embedded identity provider as a process of its own. Needs the build. */
export async function startIssuer(options: IssuerOptions): Promise<Issuer> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const accountsFile = join(options.folder, 'accounts.json');
  const logFile = join(options.folder, 'server.log');
  const setAccounts = (accounts: readonly IssuerAccount[]) => writeAccounts(accountsFile, accounts);
  await setAccounts(options.accounts);
  return onFreePort(async (port) => {
    const url = `http://127.0.0.1:${port}`;
    const server = await startProcess({
      name: 'the issuer',
      command: process.execPath,
      args: [builtProgram('apps', 'issuer', 'main.js')],
      env: {
        PATH: process.env.PATH,
        AMANA_ISSUER: url,
        AMANA_PUBLIC_URL: options.publicUrl,
        AMANA_ISSUER_ACCOUNTS: accountsFile,
        AMANA_ISSUER_STATE: join(options.folder, 'state'),
      },
      logFile,
      ready: { url: `${url}/health` },
    });
    return {
      url,
      port,
      pid: server.pid,
      logFile,
      setAccounts,
      ended: server.ended,
      stop: (graceMs) => server.stop(graceMs),
      kill: () => server.kill(),
    };
  }, options.preferredPort);
}

async function writeAccounts(file: string, accounts: readonly IssuerAccount[]): Promise<void> {
  const records = await Promise.all(
    accounts.map(async ({ subject, email, name, password }) => ({
      sub: subject,
      email,
      name,
      passwordHash: await hashPassword(password, printedPasswordCost),
    })),
  );
  await writeFile(`${file}.new`, JSON.stringify(records, null, 2), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
