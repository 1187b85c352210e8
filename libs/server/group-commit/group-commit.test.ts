import { describe, expect, it } from '@jest/globals';
import { GroupCommit } from './group-commit.js';

const oneLane = () => '';

describe('a group commit', () => {
  it('lets those who wait share one run, and never the run that was under way when they came', async () => {
    const runs: (readonly number[])[] = [];
    const releases: (() => void)[] = [];
    const commits = new GroupCommit<number, number>(oneLane, async (items) => {
      runs.push(items);
      await new Promise<void>((resolve) => releases.push(resolve));
      return items;
    });
    const done: number[] = [];
    const add = (item: number): Promise<unknown> => commits.add(item).then((outcome) => done.push(outcome));
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

  it('gives each the outcome that is its own', async () => {
    const commits = new GroupCommit<string, string>(oneLane, (items) =>
      Promise.resolve(items.map((item) => `${item} done`)),
    );
    expect(await Promise.all(['a', 'b', 'c'].map((item) => commits.add(item)))).toEqual(['a done', 'b done', 'c done']);
  });

  it('fails who is to blame and nobody else: after a failure each is tried alone', async () => {
    const runs: (readonly string[])[] = [];
    const commits = new GroupCommit<string, true>(oneLane, (items) => {
      runs.push(items);
      return items.includes('bad') ? Promise.reject(new Error('bad')) : Promise.resolve(items.map(() => true));
    });
    const others = Promise.allSettled(['first', 'good', 'bad', 'fine'].map((item) => commits.add(item)));
    expect((await others).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(runs).toEqual([['first'], ['good', 'bad', 'fine'], ['good'], ['bad'], ['fine']]);
    expect(await commits.add('later')).toBe(true);
  });

  it('never lets two lanes share a run, nor one wait for the other', async () => {
    const runs: (readonly string[])[] = [];
    const commits = new GroupCommit<string, true>(
      (item) => item.charAt(0),
      (items) => {
        runs.push(items);
        return items[0]?.startsWith('a') ? new Promise(() => undefined) : Promise.resolve(items.map(() => true));
      },
    );
    void commits.add('a1');
    await Promise.all(['b1', 'b2', 'b3'].map((item) => commits.add(item)));
    expect(runs).toEqual([['a1'], ['b1'], ['b2', 'b3']]);
  });

  it('takes no more at once than a commit may hold', async () => {
    const sizes: number[] = [];
    const commits = new GroupCommit<number, number>(oneLane, (items) => {
      sizes.push(items.length);
      return Promise.resolve(items);
    });
    await Promise.all(Array.from({ length: 1026 }, (_, item) => commits.add(item)));
    expect(sizes).toEqual([1, 512, 512, 1]);
  });

  it('fails an item of which the commit tells nothing', async () => {
    const commits = new GroupCommit<string, true>(oneLane, () => Promise.resolve([]));
    await expect(commits.add('a')).rejects.toThrow('told no outcome');
  });
});
