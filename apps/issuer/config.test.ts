import { describe, expect, it } from '@jest/globals';
import { readIssuerConfig } from './config.js';

const good = {
  AMANA_ISSUER: 'https://login.example/',
  AMANA_PUBLIC_URL: 'https://amana.example/',
  AMANA_ISSUER_ACCOUNTS: '/etc/accounts.json',
  AMANA_ISSUER_STATE: '/var/lib/issuer',
};

describe('the configuration of the issuer', () => {
  it('is read from the environment, addresses without their last slash', () => {
    expect(readIssuerConfig({ ...good, AMANA_ISSUER_PORT: '9000' })).toEqual({
      issuer: 'https://login.example',
      publicUrl: 'https://amana.example',
      accountsFile: '/etc/accounts.json',
      stateFolder: '/var/lib/issuer',
      host: '127.0.0.1',
      port: 9000,
    });
    expect(readIssuerConfig(good).port).toBe(443);
    expect(readIssuerConfig({ ...good, AMANA_ISSUER: 'http://127.0.0.1:8123' }).port).toBe(8123);
  });

  it('is refused with every fault at once', () => {
    const wrong = { AMANA_ISSUER: 'login.example', AMANA_ISSUER_PORT: '70000', AMANA_PUBLIC_URL: '' };
    const lines = [
      'configuration refused:',
      '  AMANA_ISSUER: must be an http:// or https:// URL',
      '  AMANA_PUBLIC_URL: is missing',
      '  AMANA_ISSUER_ACCOUNTS: is missing',
      '  AMANA_ISSUER_STATE: is missing',
    ];
    const refused = expect(() => readIssuerConfig(wrong));
    for (const line of lines) refused.toThrow(line);
    refused.toThrow(/AMANA_ISSUER_PORT: /);
  });

  it('is refused for an issuer below a path', () => {
    expect(() => readIssuerConfig({ ...good, AMANA_ISSUER: 'https://login.example/realm' })).toThrow(
      'must be an origin',
    );
  });
});
