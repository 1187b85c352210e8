import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { exampleFacts } from '#domain/manifest';
import { DEMO_OFFICERS } from '../../scripts/platform/demo-world.js';
import { Desk } from '../../scripts/platform/desk.js';
import { launch, type Platform, type PlatformOptions } from '../../scripts/platform/launch.js';
import { seedDemo } from '../../scripts/platform/seed.js';

export const [, AMAL = '', BRUNO = '', , PETRA = '', OMAR = ''] = DEMO_OFFICERS.map(({ email }) => email);

/** The services that a platform runs on. */
export interface Stack {
  readonly options: Partial<PlatformOptions>;
  stop(): Promise<unknown>;
}

/** A platform with the demo's officers, each at a desk and signed in; the same for all tests of a description. */
export class ChainWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'amana-chain-'));
  #stack: Stack | undefined;
  #platform: Platform | undefined;
  readonly #desks = new Map<string, Desk>();
  #count = 0;

  /** To be called where tests are described. */
  static use(openStack: (folder: string) => Promise<Stack>): ChainWorld {
    const world = new ChainWorld();
    beforeAll(() => world.#open(openStack), 180_000);
    afterAll(() => world.#close(), 60_000);
    return world;
  }

  get platform(): Platform {
    if (this.#platform === undefined) throw new Error('the platform is there in tests alone');
    return this.#platform;
  }

  /** Investigator, approver and auditor of one state; prosecutor of another. */
  get amal(): Desk {
    return this.#desk(AMAL);
  }
  get bruno(): Desk {
    return this.#desk(BRUNO);
  }
  get omar(): Desk {
    return this.#desk(OMAR);
  }
  get petra(): Desk {
    return this.#desk(PETRA);
  }

  /** A facts file with a number that no other exhibit has. */
  factsFile(): { file: string; number: string } {
    this.#count += 1;
    const number = `EX-${this.#count}`;
    const file = join(this.folder, `facts-${this.#count}.json`);
    writeFileSync(file, JSON.stringify({ ...exampleFacts('required'), exhibitNumber: number, caseNumber: 'SP-1' }));
    return { file, number };
  }

  /** A folder, made if it is not there. */
  place(name: string): string {
    const made = join(this.folder, name);
    mkdirSync(made, { recursive: true });
    return made;
  }

  /** @returns the number of the exhibit */
  async upload(...paths: string[]): Promise<string> {
    const { file, number } = this.factsFile();
    await this.amal.must(['exhibit', 'upload', ...paths, '--facts', file]);
    return number;
  }

  /** @returns the id of the grant, accepted */
  async shareWithPetra(number: string): Promise<string> {
    const grant = await this.amal.json<{ id: string }>([
      ...['share', 'propose', number, '--team', 'JIT Safe Passage', '--to', 'Borealia Prosecution Service'],
      ...['--purpose', 'trial', '--basis', 'JIT agreement, clause 4', '--until', '2030-01-01'],
    ]);
    await this.bruno.must(['share', 'approve', grant.id]);
    await this.petra.must(['share', 'accept', grant.id, '--undertaking', 'for the trial alone']);
    return grant.id;
  }

  async #open(openStack: (folder: string) => Promise<Stack>): Promise<void> {
    this.#stack = await openStack(this.folder);
    this.#platform = await launch({ folder: join(this.folder, 'platform'), ...this.#stack.options });
    await seedDemo(this.#platform);
    for (const email of [AMAL, BRUNO, PETRA, OMAR]) {
      const desk = new Desk(this.#platform, join(this.folder, 'homes', email), email);
      await desk.signIn();
      this.#desks.set(email, desk);
    }
  }

  async #close(): Promise<void> {
    await this.#platform?.stop();
    await this.#stack?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #desk(email: string): Desk {
    const desk = this.#desks.get(email);
    if (desk === undefined) throw new Error(`${email} has no desk outside of tests`);
    return desk;
  }
}
