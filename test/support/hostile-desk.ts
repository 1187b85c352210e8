import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { bundleAmana, runAmana, type Transcript } from './amana-command.js';
import { GOLDEN_IDS } from './golden-keys.js';
import type { Changes } from './golden-package.js';
import { PASSPHRASE } from './officer-home.js';
import { StubPlatform } from './stub-platform.js';
import type { Answer } from './stub-wire.js';
import { temporaryFolder } from './temporary-folder.js';

/** The number of the golden exhibit, and where what it is made of is answered. */
export const NUMBER = 'TRP-2026-0417/1';
export const PAYLOAD = new RegExp(`^GET .*/files/${GOLDEN_IDS.photograph}/payload$`);
export const LEAVES = /\/leaves$/;
export const RETRIEVALS = /\/retrievals$/;

/** What is answered to who begins a retrieval. */
export interface AnsweredRetrieval {
  readonly manifest: { readonly payload: string; readonly signatures: { protected: string; signature: string }[] };
  readonly files: { readonly id: string; readonly sealedSizeBytes: number; readonly header: string }[];
}

/** A lie, and how the command is to end that hears it: exit code and words. */
export type Attack = readonly [what: string, exit: number, says: RegExp, lie: () => void | Promise<void>];

/** An officer's desk at a platform that lies; made anew before each test. */
export class HostileDesk {
  folder = '';
  #command = '';
  #platform: StubPlatform | undefined;

  /** To be called where tests are described. */
  static use(): HostileDesk {
    const desk = new HostileDesk();
    beforeAll(async () => {
      desk.#command = await bundleAmana();
    });
    beforeEach(async () => {
      Endless.takenMiB = 0;
      desk.folder = temporaryFolder('hostile');
      await desk.open();
    });
    afterEach(() => desk.platform.stop());
    return desk;
  }

  get platform(): StubPlatform {
    if (this.#platform === undefined) throw new Error('the platform is there in tests alone');
    return this.#platform;
  }

  /** Has another platform, with other evidence. */
  async open(changes: Changes = {}): Promise<void> {
    await this.#platform?.stop();
    this.#platform = await StubPlatform.start(changes);
    await this.#platform.signIn(join(this.folder, 'home'));
  }

  amana(...args: string[]): Promise<Transcript> {
    const env = { AMANA_HOME: join(this.folder, 'home'), AMANA_PASSPHRASE: PASSPHRASE, AMANA_PATIENCE_SECONDS: '0' };
    return runAmana(this.#command, args, { cwd: this.folder, env });
  }

  /** Fails unless the command ended so, with one line of words and no result. */
  expectRefused({ code, stdout, stderr }: Transcript, exit: number, says: RegExp): void {
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toMatch(/^amana: [^\n]+\n$/);
    expect(stderr).toMatch(says);
  }

  /** Files in the folder `out` under their names; what is on its way lies in `.amana-fetch`. */
  arrived(): string[] {
    const out = join(this.folder, 'out');
    if (!existsSync(out)) return [];
    return readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('.amana-fetch'))
      .map((entry) => entry.name);
  }

  /** Lies in what is answered to who begins a retrieval. */
  inRetrieval(alter: (view: AnsweredRetrieval) => object): void {
    this.platform.lieAt(RETRIEVALS, (view: AnsweredRetrieval) => ({ ...view, ...alter(view) }));
  }

  /** Lies in the age headers of all files. */
  inHeader(alter: (header: Buffer) => Uint8Array): void {
    const altered = (text: string) => Buffer.from(alter(Buffer.from(text, 'base64'))).toString('base64');
    this.inRetrieval(({ files }) => ({ files: files.map((file) => ({ ...file, header: altered(file.header) })) }));
  }
}

/** What a proxy answers for a platform that is not there. */
export function htmlPage(): Answer {
  return { status: 200, type: 'text/html', body: Buffer.from('<html>502</html>') };
}

/** A body that goes on until nobody takes it any more. `takenMiB` is how much of all such bodies was taken. */
export class Endless {
  static takenMiB = 0;

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (; ; Endless.takenMiB += 1) yield await Promise.resolve(new Uint8Array(1 << 20));
  }
}

/** The bytes with one bit flipped in the byte at `at`. */
export function flipped(bytes: Buffer, at: number): Buffer {
  const altered = Buffer.from(bytes);
  altered[at] = (altered[at] ?? 0) ^ 1;
  return altered;
}

/** The payload of a JWS with its text altered. */
export function textSwapped(payload: string, from: RegExp, to: string): string {
  return Buffer.from(Buffer.from(payload, 'base64url').toString().replace(from, to)).toString('base64url');
}
