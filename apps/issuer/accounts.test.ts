import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashPassword, printedPasswordCost } from '#server/password';
import { Accounts } from './accounts.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-accounts-'));
  file = join(folder, 'accounts.json');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const ada = async (more: object = {}) => ({
  sub: 'officer-1',
  email: 'ada@border.example',
  name: 'Ada',
  passwordHash: await hashPassword('secret', printedPasswordCost),
  ...more,
});
const write = (content: unknown) => writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));

describe('the accounts file', () => {
  it('says who answers to an email and a password', async () => {
    await write([await ada()]);
    const accounts = await Accounts.open(file);
    expect((await accounts.signIn('Ada@Border.example', 'secret'))?.sub).toBe('officer-1');
    expect(await accounts.signIn('ada@border.example', 'Secret')).toBeUndefined();
    expect(await accounts.signIn('bob@border.example', 'secret')).toBeUndefined();
    expect((await accounts.bySubject('officer-1'))?.name).toBe('Ada');
  });

  it('takes as long for somebody unknown as for a wrong password', async () => {
    await write([
      await ada({ passwordHash: await hashPassword('secret', { log2Cost: 15, blockSize: 8, parallel: 1 }) }),
    ]);
    const accounts = await Accounts.open(file);
    const timeOf = async (email: string) => {
      const began = performance.now();
      await accounts.signIn(email, 'wrong');
      return performance.now() - began;
    };
    await timeOf('nobody@x');
    // In turn, and the quickest of each: what else the machine does comes out.
    const times: Record<string, number[]> = { 'ada@border.example': [], 'nobody@x': [] };
    for (let n = 0; n < 7; n += 1) for (const [email, list] of Object.entries(times)) list.push(await timeOf(email));
    const [known = 0, unknown = 0] = Object.values(times).map((list) => Math.min(...list));
    // A look-up without a hash takes less than a hundredth.
    expect(unknown / known).toBeGreaterThan(0.3);
    expect(unknown / known).toBeLessThan(3);
  });

  it('lets nobody in while the file is no good, and works again once it is', async () => {
    await write([await ada()]);
    const accounts = await Accounts.open(file);
    await write('[');
    await utimes(file, new Date(), new Date(Date.now() + 5_000));
    await expect(accounts.bySubject('officer-1')).rejects.toThrow(/JSON/);
    await write([await ada({ name: 'Ada M.' })]);
    await utimes(file, new Date(), new Date(Date.now() + 10_000));
    expect((await accounts.bySubject('officer-1'))?.name).toBe('Ada M.');
  });

  it.each([
    ['no JSON', async () => '{'],
    ['no list', async () => ({})],
    ['a password in clear', async () => [await ada({ passwordHash: 'secret' })]],
    ['an unknown member', async () => [await ada({ roles: ['approver'] })]],
    ['no name', async () => [await ada({ name: '' })]],
    ['an email that is none', async () => [await ada({ email: 'ada' })]],
    ['two with one subject', async () => [await ada(), await ada({ email: 'b@x.example' })]],
    ['two with one email', async () => [await ada(), await ada({ sub: 'officer-2', email: 'ADA@border.example' })]],
  ])('is refused with %s', async (_what, content) => {
    await write(await content());
    await expect(Accounts.open(file)).rejects.toThrow();
  });
});
