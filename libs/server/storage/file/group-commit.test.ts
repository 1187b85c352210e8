import { describe, expect, it } from '@jest/globals';
import { GroupCommit } from './group-commit.js';

describe('a group commit', () => {
  it('lets those who wait share one run, and never the run that was under way when they came', async () => {
    const runs: number[][] = [];
    const releases: (() => void)[] = [];
    const commits = new GroupCommit<number>((items) => {
      runs.push(items);
      return new Promise((resolve) => releases.push(resolve));
    });
    const done: number[] = [];
    const add = (item: number): Promise<unknown> => commits.add(item).then(() => done.push(item));
    const all = [add(1), add(2), add(3)];
    expect(runs).toEqual([[1]]);
    releases.shift()?.();
    await all[0];
    expect(done).toEqual([1]);
    expect(runs).toEqual([[1], [2, 3]]);
    all.push(add(4));
    releases.shift()?.();
    await Promise.all(all.slice(1, 3));
    expect(runs).toEqual([[1], [2, 3], [4]]);
    releases.shift()?.();
    await Promise.all(all);
    expect(done).toEqual([1, 2, 3, 4]);
  });

  it('fails everybody whom the failed run covered, and nobody else', async () => {
    let fail = false;
    const commits = new GroupCommit<string>(() => (fail ? Promise.reject(new Error('disk')) : Promise.resolve()));
    const first = commits.add('a');
    fail = true;
    const others = Promise.allSettled([commits.add('b'), commits.add('c')]);
    await first;
    expect((await others).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fail = false;
    await commits.add('d');
  });
});
