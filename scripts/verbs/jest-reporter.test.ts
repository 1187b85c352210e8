import { describe, expect, it } from '@jest/globals';

const { summarise, lastLines } = await import(new URL('jest-reporter.mjs', import.meta.url).href);

const test = (status: string, title = 'works', ancestorTitles: string[] = []) => ({
  status,
  title,
  ancestorTitles,
  fullName: [...ancestorTitles, title].join(' '),
});
const run = (...files: object[]) => ({ wasInterrupted: false, testResults: files });
const endOf = (results: object) => lastLines(summarise(results));

describe('the last line of npm test', () => {
  it('counts what passed and what failed over all files', () => {
    const results = run(
      { testResults: [test('passed'), test('passed')] },
      { testResults: [test('failed'), test('passed')], failureMessage: 'expected 1' },
    );
    expect(endOf(results)).toEqual(['3 passed, 1 failed']);
  });

  it('counts a file that could not be run as failed', () => {
    const results = run({ testResults: [], testExecError: { message: 'SyntaxError' }, failureMessage: 'SyntaxError' });
    expect(endOf(results)).toEqual(['0 passed, 1 failed']);
  });

  it('counts a file whose tests passed but which broke outside them as failed', () => {
    const results = run({ testResults: [test('passed')], failureMessage: 'afterAll threw' });
    expect(endOf(results)).toEqual(['1 passed, 1 failed']);
  });

  it('counts a run that was cut short as failed', () => {
    expect(endOf({ ...run({ testResults: [test('passed')] }), wasInterrupted: true })).toEqual(['1 passed, 1 failed']);
  });

  it('prints each reason to skip once, above the count', () => {
    const group = 'the queue on Redis (skipped: redis-server not found)';
    const results = run(
      {
        testResults: [
          test('passed'),
          test('pending', 'keeps order', [group]),
          test('pending', 'retries', [group, 'after a crash']),
        ],
      },
      {
        testResults: [
          test('pending', 'opens it (skipped: age not found)'),
          test('pending'),
          test('todo', 'speaks Arabic'),
        ],
      },
    );
    expect(endOf(results)).toEqual([
      'skipped 2: redis-server not found',
      'skipped 1: age not found',
      'skipped 1: no reason given, or left out by the pattern asked for',
      'skipped 1: not written yet: speaks Arabic',
      '1 passed, 0 failed, 5 skipped',
    ]);
  });
});
