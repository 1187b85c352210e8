import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashPassword, printedPasswordCost } from '#server/password';
import { type Said, SoftwarePasskey } from '../../test/support/software-passkey.js';
import { type Account, Accounts } from './accounts.js';
import { Passkeys } from './passkeys.js';
import { IssuerState } from './state.js';

const party = { id: 'login.example', origin: 'https://login.example' };
const page = 'page-1';

let folder: string;
let accounts: Accounts;
let passkeys: Passkeys;
let ada: Account;
let bob: Account;
let key: SoftwarePasskey;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-passkeys-'));
  const file = join(folder, 'accounts.json');
  const passwordHash = await hashPassword('secret', printedPasswordCost);
  const people = ['ada', 'bob'].map((name) => ({ sub: name, email: `${name}@x.example`, name, passwordHash }));
  await writeFile(file, JSON.stringify(people));
  accounts = await Accounts.open(file);
  [ada, bob] = (await Promise.all(['ada', 'bob'].map(async (name) => (await accounts.bySubject(name))!))) as [
    Account,
    Account,
  ];
  passkeys = await open();
  key = new SoftwarePasskey(party.origin, party.id);
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const open = async () => new Passkeys(await IssuerState.open(join(folder, 'state')), party, accounts);
const register = async (one = key, account = ada, altered: Partial<Said> = {}) =>
  passkeys.register(
    page,
    account,
    one.register(await passkeys.registrationOptions(page, account), altered),
    'Blue key',
  );
const signIn = async (altered: Partial<Said> = {}, one = key) =>
  passkeys.signIn(page, one.use(await passkeys.signInOptions(page), altered));
const notAccepted = { name: 'PasskeyError', fault: 'not-accepted' };

describe('a passkey', () => {
  it('says whose it is, after a restart too', async () => {
    await register();
    expect((await signIn()).sub).toBe('ada');
    passkeys = await open();
    expect((await signIn()).sub).toBe('ada');
    expect(passkeys.of(ada)).toMatchObject([
      { id: key.id, label: 'Blue key', counter: 2, isSynced: false, clonedAt: null },
    ]);
  });

  it('asks for a key that knows its user, of a person whom the authenticator does not know by name', async () => {
    const asked = await passkeys.registrationOptions(page, ada);
    expect(asked).toMatchObject({
      rp: { id: party.id },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    expect(JSON.stringify(asked)).not.toContain(Buffer.from('ada').toString('base64url'));
    expect(await passkeys.signInOptions(page)).toMatchObject({ allowCredentials: [], userVerification: 'required' });
  });

  const wrong: [string, Partial<Said>][] = [
    ['another origin', { origin: 'https://login.example.attacker.example' }],
    ['the origin without TLS', { origin: 'http://login.example' }],
    ['the origin at another port', { origin: 'https://login.example:444' }],
    ['another relying party', { rpId: 'example' }],
    ['nobody verified', { flags: 0x01 }],
    ['nobody there', { flags: 0x04 }],
    ['an answer to another question', { challenge: Buffer.alloc(32, 7).toString('base64url') }],
    ['an answer from a frame', { crossOrigin: true }],
    ['an answer of another kind', { type: 'webauthn.other' }],
  ];
  it.each(wrong)('is not registered with %s', async (_what, altered) => {
    await expect(register(key, ada, altered)).rejects.toMatchObject(notAccepted);
    expect(passkeys.of(ada)).toEqual([]);
  });

  it.each<[string, Partial<Said>]>([
    ...wrong,
    ['the answer of a registration', { type: 'webauthn.create' }],
    ["another person's handle", { userHandle: Buffer.alloc(32, 7).toString('base64url') }],
  ])('does not sign in with %s, and works all the same afterwards', async (_what, altered) => {
    await register();
    await expect(signIn(altered)).rejects.toMatchObject(notAccepted);
    expect((await signIn()).sub).toBe('ada');
  });

  it.each<[string, (text: string) => string]>([
    [
      'a signature of another',
      (text) => text.replace(/"signature":"[^"]*"/, `"signature":"${Buffer.alloc(70, 1).toString('base64url')}"`),
    ],
    [
      'a count that was not signed',
      (text) => {
        const answer = JSON.parse(text) as { response: { authenticatorData: string } };
        const data = Buffer.from(answer.response.authenticatorData, 'base64url');
        data.writeUInt32BE(0, 33);
        return JSON.stringify({
          ...answer,
          response: { ...answer.response, authenticatorData: data.toString('base64url') },
        });
      },
    ],
    ['an unknown id', (text) => text.replaceAll(key.id, Buffer.alloc(32, 9).toString('base64url'))],
    ['another raw id', (text) => text.replace(/"rawId":"[^"]*"/, '"rawId":"AAAA"')],
    ['a member more', (text) => text.replace('{', '{"trusted":true,')],
    ['an id that is a list', (text) => text.replace(/"id":"([^"]*)"/, '"id":["$1"]')],
    ['padding', (text) => text.replace(/("signature":"[^"]*)"/, '$1="')],
    ['half of it', (text) => text.slice(0, text.length / 2)],
    ['nothing', () => ''],
    ['null', () => 'null'],
  ])('does not sign in with %s', async (_what, alter) => {
    await register();
    const answer = alter(key.use(await passkeys.signInOptions(page)));
    await expect(passkeys.signIn(page, answer)).rejects.toMatchObject(notAccepted);
    expect(passkeys.of(ada)[0]?.clonedAt).toBeNull();
  });

  it('answers a question once, on the page that asked, and the last one only', async () => {
    await register();
    const answer = key.use(await passkeys.signInOptions(page));
    await expect(passkeys.signIn('page-2', answer)).rejects.toMatchObject({ fault: 'expired' });
    expect((await passkeys.signIn(page, answer)).sub).toBe('ada');
    await expect(passkeys.signIn(page, answer)).rejects.toMatchObject({ fault: 'expired' });
    const older = key.use(await passkeys.signInOptions(page));
    await passkeys.signInOptions(page);
    await expect(passkeys.signIn(page, older)).rejects.toMatchObject(notAccepted);
  });

  it('gives a question up with the first answer, right or wrong', async () => {
    await register();
    const asked = await passkeys.signInOptions(page);
    await expect(passkeys.signIn(page, key.use(asked, { flags: 0x01 }))).rejects.toMatchObject(notAccepted);
    await expect(passkeys.signIn(page, key.use(asked))).rejects.toMatchObject({ fault: 'expired' });
  });

  it.each([
    ['the same', 0],
    ['an older', -1],
  ])('is void after %s count, for good', async (_what, less) => {
    await register();
    await signIn();
    await signIn();
    await expect(signIn({ counter: key.counter + less })).rejects.toMatchObject({ fault: 'cloned' });
    await expect(signIn({ counter: key.counter + 10 })).rejects.toMatchObject(notAccepted);
    expect(passkeys.of(ada)[0]?.clonedAt).not.toBeNull();
  });

  it('takes one of two answers with one count that come at once', async () => {
    await register();
    const answers = await Promise.all(
      ['a', 'b'].map(async (one) => [one, key.use(await passkeys.signInOptions(one), { counter: 5 })] as const),
    );
    const outcomes = await Promise.allSettled(answers.map(([one, text]) => passkeys.signIn(one, text)));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('need not count', async () => {
    await register();
    expect((await signIn({ counter: 0 })).sub).toBe('ada');
    expect((await signIn({ counter: 0 })).sub).toBe('ada');
  });

  it('is one person’s: neither registered nor removed by another', async () => {
    await register();
    await expect(register(key, bob)).rejects.toMatchObject(notAccepted);
    await passkeys.remove(bob, key.id);
    expect(passkeys.of(bob)).toEqual([]);
    expect((await signIn({ userHandle: undefined })).sub).toBe('ada');
    await passkeys.remove(ada, key.id);
    await expect(signIn()).rejects.toMatchObject(notAccepted);
  });

  it('is of no use once the account is gone, or its passkeys were voided', async () => {
    await register();
    const people = [{ ...ada, passkeysSince: new Date(Date.now() + 60_000).toISOString() }, bob];
    await writeFile(join(folder, 'accounts.json'), JSON.stringify(people));
    await expect(signIn()).rejects.toMatchObject(notAccepted);
    expect(passkeys.of((await accounts.bySubject('ada'))!)).toEqual([]);
    await writeFile(join(folder, 'accounts.json'), JSON.stringify([bob]));
    await expect(signIn()).rejects.toMatchObject(notAccepted);
  });

  it('is one of twenty at most', async () => {
    for (let n = 0; n < 20; n += 1) await register(new SoftwarePasskey(party.origin, party.id));
    await expect(register()).rejects.toMatchObject({ fault: 'too-many' });
  });
});
