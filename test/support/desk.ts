import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach } from '@jest/globals';
import { exampleFacts } from '#domain/manifest';
import { bundleAmana, runAmana, type Transcript } from './amana-command.js';
import { PASSPHRASE, type OfficerAtHome, officerAtHome } from './officer-home.js';
import { temporaryFolder } from './temporary-folder.js';

/** A folder with an officer who signed in at a platform that does not answer, and a facts file; made anew before each test. */
export class OfflineDesk {
  /** Where the command runs. */
  folder = '';
  home = '';
  #command = '';
  #officer: OfficerAtHome | undefined;

  /** To be called where tests are described. */
  static use(): OfflineDesk {
    const desk = new OfflineDesk();
    beforeAll(async () => {
      desk.#command = await bundleAmana();
    });
    beforeEach(async () => {
      desk.folder = temporaryFolder('transcript');
      desk.home = join(desk.folder, 'home');
      desk.#officer = await officerAtHome(desk.home);
      desk.writeFacts(exampleFacts('required'));
    });
    return desk;
  }

  get officer(): OfficerAtHome {
    if (this.#officer === undefined) throw new Error('the officer is there in tests alone');
    return this.#officer;
  }

  get officerFolder(): string {
    return join(this.home, 'officers/haddad%40border.ly.example');
  }

  writeFacts(facts: unknown): void {
    writeFileSync(join(this.folder, 'facts.json'), JSON.stringify(facts));
  }

  /** @param args parted by spaces */
  amana(args: string, env: Record<string, string> = {}): Promise<Transcript> {
    return this.run(
      args.split(' ').filter((arg) => arg !== ''),
      env,
    );
  }

  run(args: readonly string[], env: Record<string, string> = {}): Promise<Transcript> {
    return runAmana(this.#command, args, {
      cwd: this.folder,
      env: { AMANA_HOME: this.home, AMANA_PASSPHRASE: PASSPHRASE, ...env },
    });
  }
}
