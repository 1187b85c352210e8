import { type Api, type HttpSend, type Patience, createApi } from '#client/api';
import { type AgencyKeyBundle, KeystoreError, type OfficerKeys, openAgencyKeys, openKeystore } from '#client/keystore';
import { keepPromises, PublicLog } from '#client/log';
import { type Profile, ProfileError } from '#client/profile';
import type { SignInClient } from '#client/sign-in';
import { type Signer, publicJwkOf, signerOf } from '#domain/manifest';
import { SOFTWARE } from './software.js';
import { findEndpoints, isLoopback, originOf } from './node/endpoints.js';
import { Home, type OfficerHome } from './node/home.js';
import { type HttpTransport, nodeTransport } from './node/http-transport.js';
import { readSecret } from './node/secret-input.js';
import { TokenFile } from './node/token-file.js';
import type { Output } from './output.js';
import { PromiseFile } from './promise-file.js';
import { signInAgain } from './sign-in.js';
import { UsageError } from './usage-error.js';

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly as?: string;
  readonly api?: string;
  readonly passphraseFile?: string;
}

const PATIENCE_SECONDS = 6;

/** What a command has to work with: who runs it, and what it reaches. Opened as it is needed. */
export class Session {
  readonly output: Output;
  readonly home: Home;
  readonly environment: NodeJS.ProcessEnv;
  readonly software = SOFTWARE;
  /** The module to start threads with. */
  readonly threadEntry: URL;
  readonly #options: CommonOptions;
  readonly #transport: HttpTransport = nodeTransport();
  readonly #undoers: (() => void)[] = [];
  readonly #closers: (() => Promise<void> | void)[] = [];
  #keys: Promise<OfficerKeys> | undefined;

  constructor(output: Output, options: CommonOptions, environment: NodeJS.ProcessEnv, threadEntry: URL) {
    this.output = output;
    this.environment = environment;
    this.threadEntry = threadEntry;
    this.home = new Home(environment);
    this.#options = options;
    this.onClose(() => this.#transport.close());
  }

  /** The platform to sign in to: `--api`, `AMANA_API`, one that runs here, else where the officer signed in before. */
  originToSignIn(): string {
    return this.#originOf(this.#givenApi() ?? findEndpoints(process.cwd())?.api ?? this.#knownOrigin());
  }

  /** The platform to ask: `--api`, `AMANA_API`, where the officer signed in, else one that runs here. */
  origin(): string {
    return this.#originOf(this.#givenApi() ?? this.#knownOrigin() ?? findEndpoints(process.cwd())?.api);
  }

  /** The officer asked for, or who signed in last. @throws UsageError when nobody is known */
  officerHome(): OfficerHome {
    const email = this.#email();
    if (email === null) throw new UsageError('nobody has signed in here; run `amana login`');
    return this.home.officer(email);
  }

  /** What is known of the officer here. No network. @throws UsageError before the first sign-in */
  profile(): Profile {
    const home = this.officerHome();
    const profile = home.readProfile();
    if (profile === null) throw new UsageError(`${home.email} has not signed in here; run \`amana login\``);
    return profile;
  }

  /** The API, signed in as the officer. */
  api(): Api {
    const { platform } = this.profile();
    return this.apiWith(this.origin(), platform, this.tokens(this.officerHome(), { platform }));
  }

  /** The same, as who signed in to the platform that is asked; null when nobody did. */
  apiIfSignedIn(): Api | null {
    const email = this.#email();
    const profile = email === null ? null : this.home.officer(email).readProfile();
    return profile?.api === this.origin() ? this.api() : null;
  }

  /** The API, as anybody. */
  openApi(origin: string): Api {
    return createApi({ baseUrl: origin, send: this.#transport.send, patience: this.patience });
  }

  /** The log of a platform, as anyone may read it. */
  publicLog(origin: string): PublicLog {
    return new PublicLog({ baseUrl: origin, send: this.#transport.send, patience: this.patience });
  }

  /** Asks somebody who is not the platform. */
  ask<Answer>(question: (send: HttpSend) => Promise<Answer>): Promise<Answer> {
    return question(this.#transport.send);
  }

  /** @param platform as it names itself. On this machine it may stand behind that name; elsewhere it must be reached by it. */
  apiWith(origin: string, { publicUrl }: Pick<Profile['platform'], 'publicUrl'>, tokens: TokenFile): Api {
    const promises = new PromiseFile(this.home);
    const send = keepPromises(this.#transport.send, (notes) => promises.keep(notes));
    const named = isLoopback(origin) ? { publicUrl } : {};
    return createApi({ baseUrl: origin, send, tokens, patience: this.patience, ...named });
  }

  tokens(home: OfficerHome, { platform }: Pick<Profile, 'platform'>): TokenFile {
    const client = signInClientOf(platform);
    const again = signInAgain(this.output, client, home.email, this.environment.AMANA_PASSWORD);
    return new TokenFile(home.tokensPath, client, this.home.atRest, again);
  }

  /** The officer's private keys. @throws UsageError without a keystore; KeystoreError */
  keys(): Promise<OfficerKeys> {
    this.#keys ??= this.#openKeys();
    return this.#keys;
  }

  /** Signs as the officer. @throws ProfileError 'not-certified' unless the agency certified this very key */
  async signer(): Promise<Signer> {
    const signer = await signerOf((await this.keys()).signingKey);
    await this.#requireCertified(signer.kid);
    return signer;
  }

  /** The agency's private keys. @throws ProfileError, KeystoreError 'not-entitled' */
  async agencyKeys(): Promise<AgencyKeyBundle> {
    const { agencyKeys, agency } = this.profile();
    if (agencyKeys === null)
      throw new ProfileError(
        'agency-without-keys',
        `the keys of ${agency.name} are not known here; run \`amana whoami\``,
      );
    const { identity } = await this.keys();
    const bundle = await openAgencyKeys(Buffer.from(agencyKeys.wrappedKeys, 'base64'), identity);
    if (bundle.agencyId !== agency.id)
      throw new KeystoreError('corrupt', 'the agency keys are those of another agency');
    return bundle;
  }

  readPassphrase(): Promise<string> {
    return readSecret(this.passphraseSources());
  }

  passphraseSources() {
    return {
      value: this.environment.AMANA_PASSPHRASE,
      file: this.#options.passphraseFile,
      prompt: 'Passphrase',
      hint: 'set AMANA_PASSPHRASE or give --passphrase-file FILE',
    };
  }

  /** Takes back what is half done when the command is interrupted. */
  onInterrupt(undo: () => void): void {
    this.#undoers.push(undo);
  }

  interrupt(): void {
    for (const undo of this.#undoers.splice(0).reverse()) undo();
  }

  onClose(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async #openKeys(): Promise<OfficerKeys> {
    const home = this.officerHome();
    const keystore = home.readKeystore();
    if (keystore === null)
      throw new UsageError(`${home.email} has no keys here; run \`amana keys init\` or \`amana keys import FILE\``);
    return openKeystore(keystore, await this.readPassphrase());
  }

  async #requireCertified(kid: string): Promise<void> {
    const { officer } = this.profile();
    if (officer.keyState !== 'certified') {
      throw new ProfileError(
        'not-certified',
        `the keys of ${officer.email} are ${officer.keyState}, not certified by the agency`,
      );
    }
    const { signingKey } = await this.keys();
    const enrolled = officer.signingKey as { x?: unknown } | null;
    if (enrolled?.x !== publicJwkOf(signingKey).x) {
      throw new ProfileError(
        'not-certified',
        `the agency certified another key of ${officer.email} than ${kid} in the keystore`,
      );
    }
  }

  /** How long a platform that does not answer is tried: not long where a person waits. Transfers under way have their own. */
  get patience(): Patience {
    const given = this.environment.AMANA_PATIENCE_SECONDS;
    return { seconds: given !== undefined && /^\d{1,5}$/.test(given) ? Number(given) : PATIENCE_SECONDS };
  }

  #givenApi(): string | undefined {
    const given = this.#options.api ?? this.environment.AMANA_API;
    return given === '' ? undefined : given;
  }

  #originOf(address: string | undefined): string {
    if (address === undefined) throw new UsageError('which platform? Give --api URL or set AMANA_API');
    try {
      return originOf(address);
    } catch {
      throw new UsageError(`"${address}" is not the address of a platform`);
    }
  }

  #email(): string | null {
    const asked = this.#options.as ?? this.environment.AMANA_OFFICER;
    return asked !== undefined && asked !== '' ? asked : this.home.lastOfficer();
  }

  #knownOrigin(): string | undefined {
    const email = this.#email();
    return email === null ? undefined : this.home.officer(email).readProfile()?.api;
  }
}

export function signInClientOf({ issuer, clientIdCli, publicUrl }: Profile['platform']): SignInClient {
  return { issuer, clientId: clientIdCli, resource: publicUrl };
}
