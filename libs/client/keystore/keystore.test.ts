import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Decrypter, Encrypter } from 'age-encryption';
import { codeOf } from '../../../test/support/code-of.js';
import { AgencyId } from '#domain/evidence';
import { canonicalJson, signReceipt, signerOf } from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import { exampleReceipt } from '../../../test/support/example-documents.js';
import {
  agencyPublicKeys,
  changePassphrase,
  createAgencyKeys,
  createKeystore,
  newOfficerKeys,
  openAgencyKeys,
  openKeystore,
  wrapAgencyKeys,
} from './index.js';

const passphrase = 'seven quiet harbours';
const CHEAP = 4; // the work is age-encryption's to test
const keys = await newOfficerKeys();

async function ageFile(content: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(CHEAP);
  return encrypter.encrypt(content);
}

describe('a keystore', () => {
  it('gives the keys back to who knows the passphrase', async () => {
    const keystore = await createKeystore(keys, passphrase, CHEAP);
    expect(await openKeystore(keystore, passphrase)).toEqual(keys);
    await expect(signReceipt(exampleReceipt(), await signerOf(keys.signingKey))).resolves.toBeDefined();
  });

  it('has the work factor 15 unless told otherwise, and holds no key in clear', async () => {
    const text = new TextDecoder('latin1').decode(await createKeystore(keys, passphrase));
    expect(text.split('\n')[1]).toMatch(/^-> scrypt \S+ 15$/);
    for (const secret of [keys.identity, keys.signingKey.d, keys.signingKey.x]) expect(text).not.toContain(secret);
  });

  it('is an age file', async () => {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase);
    const content = await decrypter.decrypt(await createKeystore(keys, passphrase, CHEAP), 'text');
    expect(JSON.parse(content)).toEqual(keys);
  });

  it('opens however the keyboard composes the letters', async () => {
    const keystore = await createKeystore(keys, 'café café café'.normalize('NFC'), CHEAP);
    expect(await openKeystore(keystore, 'café café café'.normalize('NFD'))).toEqual(keys);
  });

  it('changes its passphrase, and then the old one opens it no more', async () => {
    const old = await createKeystore(keys, passphrase, CHEAP);
    const changed = await changePassphrase(old, passphrase, 'eleven loud mountains', CHEAP);
    expect(await openKeystore(changed, 'eleven loud mountains')).toEqual(keys);
    expect(await codeOf(() => openKeystore(changed, passphrase))).toBe('wrong-passphrase');
    expect(await codeOf(() => changePassphrase(old, 'eleven loud mountains', passphrase))).toBe('wrong-passphrase');
  });

  it('tells a wrong passphrase from damage', async () => {
    const keystore = await createKeystore(keys, passphrase, CHEAP);
    expect(await codeOf(() => openKeystore(keystore, `${passphrase} `))).toBe('wrong-passphrase');
    const macAt = new TextDecoder('latin1').decode(keystore).indexOf('\n---') + 1;
    for (const at of [0, 21, macAt, macAt + 6, macAt + 48, macAt + 60, keystore.length - 1]) {
      const damaged = keystore.slice();
      damaged[at] = (keystore[at] ?? 0) ^ 1;
      expect(await codeOf(() => openKeystore(damaged, passphrase))).toBe('corrupt');
    }
    for (const size of [0, 10, macAt, macAt + 50, keystore.length - 1]) {
      expect(await codeOf(() => openKeystore(keystore.subarray(0, size), passphrase))).toBe('corrupt');
    }
    expect(await codeOf(() => openKeystore(new Uint8Array([...keystore, 0]), passphrase))).toBe('corrupt');
  });

  it.each([
    ['keys of other members', JSON.stringify({ ...keys, extra: 1 })],
    [
      'a key whose halves do not match',
      JSON.stringify({ ...keys, signingKey: { ...keys.signingKey, x: 'A'.repeat(43) } }),
    ],
    ['an identity that is none', JSON.stringify({ ...keys, identity: 'AGE-SECRET-KEY-1' })],
    ['no JSON', 'keys'],
    ['a member twice', `{"schema":"amana-keystore/v1",${JSON.stringify(keys).slice(1)}`],
  ])('refuses %s, and does not repeat them', async (_, content) => {
    const error: unknown = await openKeystore(await ageFile(content), passphrase).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'corrupt', message: 'the content is not the keys expected' });
  });

  it('refuses an age file for a recipient', async () => {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipientOf(keys.identity));
    expect(await codeOf(async () => openKeystore(await encrypter.encrypt(canonicalJson(keys)), passphrase))).toBe(
      'corrupt',
    );
  });

  it('refuses a work factor made to do harm, before it does any of the work', async () => {
    const text = new TextDecoder('latin1').decode(await createKeystore(keys, passphrase, CHEAP));
    const hostile = Uint8Array.from(text.replace(/^(-> scrypt \S+) 4$/m, '$1 30'), (character) =>
      character.charCodeAt(0),
    );
    expect(await codeOf(() => openKeystore(hostile, passphrase))).toBe('work-factor');
    for (const factor of [0, 21, 1.5])
      expect(await codeOf(() => createKeystore(keys, passphrase, factor))).toBe('work-factor');
  });

  it('takes no short passphrase', async () => {
    expect(await codeOf(() => createKeystore(keys, 'eleven char', CHEAP))).toBe('weak-passphrase');
    expect(await codeOf(() => createKeystore(keys, '😀'.repeat(11), CHEAP))).toBe('weak-passphrase');
  });
});

describe('an agency’s keys', () => {
  const [officer, colleague, stranger, recovery] = [
    newIdentity(),
    newIdentity(),
    newIdentity(),
    newIdentity(),
  ] as const;
  const agencyId = AgencyId.parse(randomUUID());
  const entitled = { officers: [officer, colleague].map(recipientOf), recovery: recipientOf(recovery) };

  it('are opened by the officers entitled and by the recovery identity', async () => {
    const agencyKeys = await createAgencyKeys(agencyId, 1);
    const wrapped = await wrapAgencyKeys(agencyKeys, entitled);
    for (const identity of [officer, colleague, recovery])
      expect(await openAgencyKeys(wrapped, identity)).toEqual(agencyKeys);
    expect(await codeOf(() => openAgencyKeys(wrapped, stranger))).toBe('not-entitled');
    expect(await codeOf(() => openAgencyKeys(wrapped, 'me'))).toBe('bad-identity');
  });

  it('tell damage from a want of title', async () => {
    const wrapped = await wrapAgencyKeys(await createAgencyKeys(agencyId, 1), entitled);
    const damaged = wrapped.slice();
    damaged[wrapped.length - 1] = (wrapped[wrapped.length - 1] ?? 0) ^ 1;
    for (const file of [damaged, wrapped.subarray(0, wrapped.length - 1), new Uint8Array(0)]) {
      expect(await codeOf(() => openAgencyKeys(file, officer))).toBe('corrupt');
    }
  });

  it('have public halves for a statement and an agreement', async () => {
    const agencyKeys = await createAgencyKeys(agencyId, 2);
    const about = { state: 'LY', name: 'Customs', recoveryRecipient: entitled.recovery };
    expect(agencyPublicKeys(agencyKeys, about)).toEqual({
      agencyId,
      epoch: 2,
      ...about,
      signingKey: { kty: 'OKP', crv: 'Ed25519', x: agencyKeys.signingKey.x },
      recipient: recipientOf(agencyKeys.identity),
    });
  });

  it('are not left without officers, nor given to what is no recipient', async () => {
    const agencyKeys = await createAgencyKeys(agencyId, 1);
    expect(await codeOf(() => wrapAgencyKeys(agencyKeys, { ...entitled, officers: [] }))).toBe('bad-recipient');
    expect(await codeOf(() => wrapAgencyKeys(agencyKeys, { ...entitled, recovery: 'age1' }))).toBe('bad-recipient');
  });
});
