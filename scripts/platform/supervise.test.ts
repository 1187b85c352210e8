import { describe, expect, it } from '@jest/globals';
import { type Supervised, supervise } from './supervise.js';

const patience = { restarts: 3, withinMs: 60_000, firstDelayMs: 1 };

/** A process that ends when told to, and what was done to it. */
class Part {
  starts = 1;
  fall: (how: number) => void = () => undefined;
  /** Starts that fail from now on. */
  broken = 0;
  readonly supervised: Supervised = { name: 'worker', ended: () => this.life, restart: () => this.restart() };
  private life = this.live();
  private waiting: (() => void)[] = [];

  /** Resolves once it was started so often. */
  async started(times: number): Promise<void> {
    while (this.starts < times) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private live(): Promise<number> {
    return new Promise((resolve) => (this.fall = resolve));
  }

  private async restart(): Promise<void> {
    this.starts += 1;
    for (const resolve of this.waiting.splice(0)) resolve();
    if (this.broken-- > 0) throw new Error('port taken\nand more');
    this.life = this.live();
  }
}

describe('supervision', () => {
  it('starts again what ended, and says so', async () => {
    const part = new Part();
    const said: string[] = [];
    const supervision = supervise([part.supervised], (line) => said.push(line), patience);
    part.fall(1);
    await part.started(2);
    expect(said).toEqual(['worker ended with 1; it is started again']);
    supervision.end();
  });

  it('gives up what ends more often than is borne, with one line of why', async () => {
    const part = new Part();
    const supervision = supervise([new Part().supervised, part.supervised], () => undefined, patience);
    for (let times = 1; times <= 3; times++) {
      part.fall(7);
      await part.started(times + 1);
    }
    part.fall(7);
    expect(await supervision.gaveUp).toBe('worker ended 4 times within 60 s, last with 7');
    expect(part.starts).toBe(4);
  });

  it('forgets ends that lie far back', async () => {
    const part = new Part();
    supervise([part.supervised], () => undefined, { ...patience, withinMs: 0 });
    for (let times = 1; times <= 10; times++) {
      part.fall(7);
      await part.started(times + 1);
    }
    expect(part.starts).toBe(11);
  });

  it('counts a start that fails as one more end', async () => {
    const part = new Part();
    part.broken = 99;
    const said: string[] = [];
    const supervision = supervise([part.supervised], (line) => said.push(line), patience);
    part.fall(9);
    expect(await supervision.gaveUp).toContain('worker ended 4 times');
    expect(said).toContain('worker did not come up: port taken');
  });

  it('leaves alone what ends after it has ended itself', async () => {
    const part = new Part();
    const supervision = supervise([part.supervised], () => undefined, patience);
    supervision.end();
    part.fall(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(part.starts).toBe(1);
  });
});
