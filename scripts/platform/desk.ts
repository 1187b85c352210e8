import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { builtProgram } from '../services/checkout.js';
import { type Outcome, runCommand } from './command.js';
import type { Platform } from './launch.js';
import { keystorePath } from './seed.js';

/** An officer's desk: a home folder of their own, and the command `amana` as built. */
export class Desk {
  constructor(
    private readonly platform: Pick<Platform, 'publicUrl' | 'secrets' | 'folder'>,
    /** AMANA_HOME of this officer alone. */
    readonly home: string,
    readonly email: string,
  ) {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  }

  /** Signs in and takes the demo keystore. @throws Error with what the command said */
  async signIn(): Promise<void> {
    await this.must(['login', '--email', this.email]);
    await this.must(['keys', 'import', keystorePath(this.platform.folder, this.email)]);
  }

  run(args: readonly string[]): Promise<Outcome> {
    return runCommand(process.execPath, [builtProgram('amana.mjs'), ...args], this.environment());
  }

  /** @throws Error with what the command said, unless it ended with 0 */
  async must(args: readonly string[]): Promise<Outcome> {
    const outcome = await this.run(args);
    if (outcome.code !== 0)
      throw new Error(`amana ${args.join(' ')} ended with ${String(outcome.code)}: ${outcome.stderr}`);
    return outcome;
  }

  /** The JSON result of a command that must succeed. */
  async json<Result>(args: readonly string[]): Promise<Result> {
    return JSON.parse((await this.must([...args, '--json'])).stdout) as Result;
  }

  /** Starts a command and hands it over, to be killed in the middle. */
  start(args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [builtProgram('amana.mjs'), ...args], { env: this.environment(), stdio: 'ignore' });
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      AMANA_HOME: this.home,
      AMANA_API: this.platform.publicUrl,
      AMANA_OFFICER: this.email,
      AMANA_PASSWORD: this.platform.secrets.demoPassword,
      AMANA_PASSPHRASE: this.platform.secrets.demoPassword,
      AMANA_PATIENCE_SECONDS: '60', // as long as a part of the platform may take to come up again on a slow machine
    };
  }
}
