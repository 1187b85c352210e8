import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig, readGiven } from './config.js';

const good = {
  AMANA_DATABASE_URL: 'postgres://app:secret@127.0.0.1:5432/amana',
  AMANA_STORE: 'file:///var/lib/amana',
  AMANA_ISSUER: 'https://login.example',
  AMANA_PUBLIC_URL: 'https://amana.example/',
  AMANA_LOG_ORIGIN: 'amana.example/log/2026a',
};
const folder = mkdtempSync(join(tmpdir(), 'amana-config-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('fills in what is not said', () => {
    expect(readConfig(good)).toMatchObject({
      port: 7400,
      redisUrl: null,
      logKey: null,
      tsaUrl: null,
      tsaEverySeconds: 60,
      retentionDays: 3650,
      officeHours: [5, 22],
      publicUrl: 'https://amana.example',
    });
  });

  it('reads a secret from a file, without the line end', () => {
    const path = join(folder, 'url');
    writeFileSync(path, `${good.AMANA_DATABASE_URL}\n`);
    const { AMANA_DATABASE_URL: _, ...rest } = good;
    expect(readConfig({ ...rest, AMANA_DATABASE_URL_FILE: path }).databaseUrl).toBe(good.AMANA_DATABASE_URL);
  });

  it('lists every fault at once', () => {
    expect(faultsOf({ AMANA_STORE: 'ftp://x', AMANA_PORT: '70000' }).map((fault) => fault.split(':')[0])).toEqual([
      'AMANA_DATABASE_URL',
      'AMANA_STORE',
      'AMANA_ISSUER',
      'AMANA_PUBLIC_URL',
      'AMANA_LOG_ORIGIN',
      'AMANA_PORT',
    ]);
  });

  it.each([
    [
      'a database that is none',
      { AMANA_DATABASE_URL: 'mysql://x/y' },
      'AMANA_DATABASE_URL: must be a URL that starts with postgres:// or postgresql://',
    ],
    ['an empty value counts as absent', { AMANA_ISSUER: '' }, 'AMANA_ISSUER: is missing'],
    [
      'a secret given twice',
      { AMANA_DATABASE_URL_FILE: '/x' },
      'AMANA_DATABASE_URL: given twice, directly and as AMANA_DATABASE_URL_FILE',
    ],
    [
      'a secret file that is not there',
      { AMANA_REDIS_URL_FILE: '/nonexistent' },
      'AMANA_REDIS_URL_FILE: cannot be read',
    ],
    [
      'an origin with a plus sign',
      { AMANA_LOG_ORIGIN: 'a+b' },
      'AMANA_LOG_ORIGIN: must be a name without white space or plus signs',
    ],
    ['a port that is no number', { AMANA_PORT: 'x' }, 'AMANA_PORT: Invalid input: expected number, received NaN'],
    ['office hours that are none', { AMANA_OFFICE_HOURS: '25-30' }, 'AMANA_OFFICE_HOURS: must be like 06-22, in UTC'],
    [
      'an authority that is none',
      { AMANA_TSA_URL: 'ftp://tsa' },
      'AMANA_TSA_URL: must be a URL that starts with http:// or https://',
    ],
    ['roots that are none', { AMANA_TSA_ROOTS: 'x' }, 'AMANA_TSA_ROOTS: must be certificates in PEM'],
    [
      'policies that are none',
      { AMANA_TSA_POLICIES: '1.2;3' },
      'AMANA_TSA_POLICIES: must be policies such as 1.2.3, separated by commas',
    ],
    ['a log key that is none', { AMANA_LOG_KEY: 'abc' }, 'AMANA_LOG_KEY: must be a signed-note private key'],
  ])('refuses %s', (_name, change, fault) => {
    expect(faultsOf({ ...good, ...change })).toContain(fault);
  });

  it('tells no secret in a fault', () => {
    expect(
      faultsOf({ ...good, AMANA_LOG_KEY: 'hunter2', AMANA_DATABASE_URL: 'mysql://u:hunter2@h/d' }).join('\n'),
    ).not.toContain('hunter2');
  });
});

describe('readGiven', () => {
  it('takes what is there, from files too, and leaves out what is not', () => {
    const path = join(folder, 'port');
    writeFileSync(path, '7401\n');
    expect(
      readGiven({ AMANA_PORT_FILE: path, AMANA_LOG_ORIGIN: 'a.example/log', AMANA_ISSUER: '', OTHER: 'x' }),
    ).toEqual({
      AMANA_PORT: '7401',
      AMANA_LOG_ORIGIN: 'a.example/log',
    });
  });

  it('lists every fault of what is there', () => {
    const broken = { AMANA_PORT: '70000', AMANA_STORE: 'ftp://x', AMANA_LOG_KEY_FILE: '/nonexistent' };
    expect(() => readGiven(broken)).toThrow(ConfigError);
    expect(() => readGiven(broken)).toThrow(/AMANA_LOG_KEY_FILE[^]*AMANA_STORE[^]*AMANA_PORT/);
  });
});
