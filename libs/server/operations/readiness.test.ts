import { describe, expect, it } from '@jest/globals';
import { Readiness } from './readiness.js';

const refused = () => Promise.reject(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }));

describe('readiness', () => {
  it('is there while everything that is needed works, and says of each how it is', async () => {
    const readiness = new Readiness();
    readiness.add('database', () => Promise.resolve());
    readiness.add('log-lease', () => Promise.resolve('held here'));
    readiness.add('queue', refused, { needed: false });
    expect(await readiness.report(1000)).toEqual({
      ready: true,
      checks: {
        database: { state: 'up' },
        'log-lease': { state: 'up', detail: 'held here' },
        queue: { state: 'degraded', detail: 'ECONNREFUSED' },
      },
    });
  });

  it('is not there while something needed fails, and names it', async () => {
    const readiness = new Readiness();
    readiness.add('store', () => Promise.reject(new Error('the store answered 503')));
    readiness.add('database', () => Promise.resolve());
    expect(await readiness.report(1000)).toEqual({
      ready: false,
      checks: { store: { state: 'down', detail: 'the store answered 503' }, database: { state: 'up' } },
    });
  });

  it('waits no longer than it is told, and asks once what does not answer', async () => {
    const readiness = new Readiness();
    let asked = 0;
    readiness.add('store', () => {
      asked += 1;
      return new Promise(() => undefined);
    });
    const began = performance.now();
    const late = { state: 'down', detail: 'no answer within 20 ms' };
    expect(await readiness.report(20)).toEqual({ ready: false, checks: { store: late } });
    expect((await readiness.report(20)).checks).toEqual({ store: late });
    expect(performance.now() - began).toBeLessThan(1000);
    expect(asked).toBe(1);
  });

  it('asks again what has answered', async () => {
    const readiness = new Readiness();
    let up = false;
    readiness.add('store', () => (up ? Promise.resolve() : refused()));
    expect((await readiness.report(1000)).ready).toBe(false);
    up = true;
    expect((await readiness.report(1000)).ready).toBe(true);
  });
});
