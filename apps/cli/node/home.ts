import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Profile } from '#client/profile';
import { UsageError } from '../usage-error.js';
import { AtRest } from './at-rest.js';
import { makePrivateFolder, readFileIfThere, writePrivateFile } from './private-file.js';
import { isSystemError } from './system-error.js';

/** Where this machine keeps its officers' profiles, side by side: `AMANA_HOME`, or `amana` in the user's configuration. */
export class Home {
  readonly #folder: string;
  /** With what tokens are encrypted here. */
  readonly atRest: AtRest;

  constructor(environment: NodeJS.ProcessEnv) {
    const { AMANA_HOME, XDG_CONFIG_HOME } = environment;
    const configuration =
      XDG_CONFIG_HOME !== undefined && XDG_CONFIG_HOME !== '' ? XDG_CONFIG_HOME : join(homedir(), '.config');
    this.#folder = AMANA_HOME !== undefined && AMANA_HOME !== '' ? AMANA_HOME : join(configuration, 'amana');
    this.atRest = new AtRest(environment, this.#folder);
  }

  /** The officer's own place, whether or not anything is there yet. */
  officer(email: string): OfficerHome {
    return new OfficerHome(
      join(this.#folder, 'officers', encodeURIComponent(email.toLowerCase())),
      email.toLowerCase(),
    );
  }

  /** The officer who signed in last; null when none did. */
  lastOfficer(): string | null {
    const email = readFileIfThere(join(this.#folder, 'last-officer'))?.toString().trim();
    return email === undefined || email === '' ? null : email;
  }

  rememberOfficer(email: string): void {
    writePrivateFile(join(this.#folder, 'last-officer'), `${email.toLowerCase()}\n`);
  }

  /** Of all officers who signed in to this platform here; what is damaged is left out. @param api its origin */
  profilesAt(api: string): Profile[] {
    return foldersIn(join(this.#folder, 'officers')).flatMap((name) => {
      const bytes = readFileIfThere(join(this.#folder, 'officers', name, 'profile.json'));
      const profile = bytes === null ? undefined : Profile.safeParse(parseJson(bytes)).data;
      return profile?.api === api ? [profile] : [];
    });
  }

  /** Where the heads of a log that were seen are kept, for everyone who uses this machine. */
  headsPath(origin: string): string {
    return join(this.#folder, 'log-heads', `${encodeURIComponent(origin)}.json`);
  }

  /** Where the witnesses of a log that are trusted are kept, for everyone who uses this machine. */
  witnessesPath(origin: string): string {
    return join(this.#folder, 'log-witnesses', `${encodeURIComponent(origin)}.json`);
  }

  /** Where the promises of a log are kept, for everyone who uses this machine. */
  promisesPath(origin: string): string {
    return join(this.#folder, 'log-promises', `${encodeURIComponent(origin)}.jsonl`);
  }
}

/** What is kept for one officer. */
export class OfficerHome {
  readonly folder: string;
  readonly email: string;

  constructor(folder: string, email: string) {
    this.folder = folder;
    this.email = email;
  }

  /** @throws UsageError when it is not one of ours */
  readProfile(): Profile | null {
    const bytes = readFileIfThere(this.#path('profile.json'));
    if (bytes === null) return null;
    const parsed = Profile.safeParse(parseJson(bytes));
    if (!parsed.success)
      throw new UsageError(`${this.#path('profile.json')} is damaged, or of another version: sign in again`);
    return parsed.data;
  }

  writeProfile(profile: Profile): void {
    writePrivateFile(this.#path('profile.json'), `${JSON.stringify(profile, null, 2)}\n`);
  }

  readKeystore(): Buffer | null {
    return readFileIfThere(this.keystorePath);
  }

  writeKeystore(keystore: Uint8Array): void {
    writePrivateFile(this.keystorePath, keystore);
  }

  get keystorePath(): string {
    return this.#path('keystore.age');
  }

  get tokensPath(): string {
    return this.#path('tokens');
  }

  /** The journal of an upload that was begun here under this name. */
  journalPath(name: string): string {
    makePrivateFolder(this.#path('uploads'));
    return join(this.folder, 'uploads', `${name}.jsonl`);
  }

  writeReceipt(name: string, receipt: unknown): string {
    const path = join(this.folder, 'receipts', `${name}.json`);
    writePrivateFile(path, `${JSON.stringify(receipt, null, 2)}\n`);
    return path;
  }

  #path(name: string): string {
    return join(this.folder, name);
  }
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT')) return [];
    throw cause;
  }
}

export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
