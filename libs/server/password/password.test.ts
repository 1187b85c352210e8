import { describe, expect, it } from '@jest/globals';
import { hashPassword, isPasswordHash, printedPasswordCost, verifyPassword } from './index.js';

const cheap = printedPasswordCost;

describe('a password hash', () => {
  it('is RFC 7914: the vector of §12', async () => {
    const cost = { log2Cost: 14, blockSize: 8, parallel: 1 };
    const hash = await hashPassword('pleaseletmein', cost, Buffer.from('SodiumChloride'));
    const key = Buffer.from(hash.split('$').at(-1) ?? '', 'base64url').toString('hex');
    expect(key).toBe('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2');
  });

  it('answers to its password and to no other', async () => {
    const hash = await hashPassword('كلمة السر 1', cheap);
    expect(isPasswordHash(hash)).toBe(true);
    expect(await verifyPassword('كلمة السر 1', hash)).toBe(true);
    for (const wrong of ['كلمة السر 2', 'كلمة السر', 'كلمة السر 1 ', ''])
      expect(await verifyPassword(wrong, hash)).toBe(false);
  });

  it('does not care how the keyboard composes an accent', async () => {
    expect(await verifyPassword('Jose\u0301', await hashPassword('Jos\u00e9', cheap))).toBe(true);
  });

  it('differs each time', async () => {
    expect(await hashPassword('same', cheap)).not.toBe(await hashPassword('same', cheap));
  });

  it('verifies at the strong cost too', async () => {
    expect(await verifyPassword('strong', await hashPassword('strong'))).toBe(true);
  });

  it.each([
    ['empty', ''],
    ['plain text', 'secret'],
    ['another scheme', '$2b$12$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['a short key', `scrypt$12$8$1$${'A'.repeat(22)}$AAAA`],
    ['no cost', `scrypt$0$8$1$${'A'.repeat(22)}$${'A'.repeat(43)}`],
    ['a ruinous cost', `scrypt$31$8$1$${'A'.repeat(22)}$${'A'.repeat(43)}`],
  ])('opens to nothing when it is %s', async (_what, hash) => {
    expect(await verifyPassword('secret', hash)).toBe(false);
  });
});
