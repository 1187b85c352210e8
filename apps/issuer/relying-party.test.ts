import { describe, expect, it } from '@jest/globals';
import { relyingPartyOf } from './relying-party.js';

describe('whom passkeys are for', () => {
  it.each([
    ['https://login.example', { id: 'login.example', origin: 'https://login.example' }],
    ['https://login.example:8443', { id: 'login.example', origin: 'https://login.example:8443' }],
    ['http://localhost:7401', { id: 'localhost', origin: 'http://localhost:7401' }],
    ['http://login.localhost', { id: 'login.localhost', origin: 'http://login.localhost' }],
    ['http://login.example', null],
    ['http://notlocalhost', null],
    ['http://127.0.0.1:7401', null],
    ['https://192.0.2.1', null],
    ['https://[2001:db8::1]', null],
  ])('%s', (issuer, party) => {
    expect(relyingPartyOf(issuer)).toEqual(party);
  });
});
