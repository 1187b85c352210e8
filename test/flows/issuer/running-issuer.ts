import { once } from 'node:events';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signInWithPassword, type Tokens } from '#client/sign-in';
import { hashPassword, printedPasswordCost } from '#server/password';
import { createIssuer } from '../../../apps/issuer/server.js';
import { freePorts } from '../../../scripts/services/free-ports.js';
import { Browser } from '../../support/browser.js';

export const publicUrl = 'http://127.0.0.1:7400';
const portalCallback = `${publicUrl}/signed-in`;
export const cliCallback = 'http://127.0.0.1:54321/callback';
export const amal = { sub: 'officer-1', email: 'amal@border.example', name: 'Amal Haddad', password: 'right horse' };
export const petra = {
  sub: 'officer-2',
  email: 'petra@prosecution.example',
  name: 'Petra <Novak>',
  password: 'wrong horse',
};

/** The issuer in this process, in a folder and on a port of its own, with Amal's account. */
export class RunningIssuer {
  private accountsChanges = 0;

  private server: Server | undefined;

  private constructor(
    readonly folder: string,
    readonly url: string,
    /** The platform that tokens are for. */
    readonly platform: string,
  ) {}

  /** @param host a name, where browsers are to have passkeys: they have none at an address in numbers */
  static async start(platform = publicUrl, host = '127.0.0.1'): Promise<RunningIssuer> {
    const folder = await mkdtemp(join(tmpdir(), 'amana-issuer-test-'));
    const [port = 0] = await freePorts(1);
    const url = `http://${host}:${port}`;
    const issuer = new RunningIssuer(folder, url, platform);
    await issuer.writeAccounts([amal]);
    await issuer.listen();
    return issuer;
  }

  async restart(): Promise<void> {
    await this.close();
    await this.listen();
  }

  async stop(): Promise<void> {
    await this.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async writeAccounts(people: readonly (typeof amal & { readonly passkeysSince?: string })[]): Promise<void> {
    const records = people.map(async ({ password, ...person }) => ({
      ...person,
      passwordHash: await hashPassword(password, printedPasswordCost),
    }));
    const file = join(this.folder, 'accounts.json');
    await writeFile(file, JSON.stringify(await Promise.all(records)));
    // Two changes within the file system's clock tick are two changes all the same.
    await utimes(file, new Date(), new Date(Date.now() + (this.accountsChanges += 1_000)));
  }

  get cli() {
    return { issuer: this.url, clientId: 'amana-cli', resource: this.platform, redirectUri: cliCallback };
  }

  get portal() {
    return { issuer: this.url, clientId: 'amana-portal', resource: publicUrl, redirectUri: portalCallback };
  }

  /** Amal on the command line, with changes. */
  async signIn(changed: object = {}): Promise<Tokens> {
    return signInWithPassword({ ...this.cli, email: amal.email, password: amal.password, ...changed });
  }

  /** The authorization request as a client would send it, with changes; undefined leaves a parameter out. */
  authorizationUrl(changed: Record<string, string | undefined> = {}): string {
    const parameters: Record<string, string | undefined> = {
      client_id: 'amana-portal',
      response_type: 'code',
      redirect_uri: portalCallback,
      scope: 'openid amana',
      resource: publicUrl,
      state: 'kept',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...changed,
    };
    const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return `${this.url}/auth?${new URLSearchParams(given).toString()}`;
  }

  /** Opens the sign-in page in a browser. */
  async openPage(browser = new Browser(), authorization = this.authorizationUrl()): Promise<Response> {
    return browser.follow(await browser.get(authorization));
  }

  /** Amal signs in there. @returns the redirect that leads to the client */
  async passPage(browser = new Browser(), authorization = this.authorizationUrl()): Promise<Response> {
    const page = await this.openPage(browser, authorization);
    return browser.follow(await browser.submit(page, { email: amal.email, password: amal.password }));
  }

  private async listen(): Promise<void> {
    const port = Number(new URL(this.url).port);
    const server = await createIssuer({
      issuer: this.url,
      publicUrl: this.platform,
      accountsFile: join(this.folder, 'accounts.json'),
      stateFolder: join(this.folder, 'state'),
      host: '127.0.0.1',
      port,
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    this.server = server;
  }

  private async close(): Promise<void> {
    if (!this.server) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
    this.server = undefined;
  }
}
