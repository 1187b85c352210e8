import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { refresh, signInWithPassword } from '#client/sign-in';
import { startIssuer, type Issuer } from './issuer.js';

const publicUrl = 'http://127.0.0.1:7400';
const ada = { subject: 'officer-1', email: 'ada@border.example', name: 'Ada', password: 'one' };
const bob = { subject: 'officer-2', email: 'bob@border.example', name: 'Bob', password: 'two' };

let folder: string;
let issuer: Issuer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-issuer-service-'));
});
afterEach(async () => {
  await issuer?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the issuer as a process', () => {
  const client = () => ({ issuer: issuer!.url, clientId: 'amana-cli', resource: publicUrl });
  const signIn = ({ email, password }: typeof ada) =>
    signInWithPassword({ ...client(), redirectUri: 'http://127.0.0.1/callback', email, password });

  it('signs people in, keeps them signed in over a kill -9, and prints nothing that it should not', async () => {
    issuer = await startIssuer({ folder, publicUrl, accounts: [ada] });
    const { refreshToken, key } = await signIn(ada);
    await issuer.kill();
    issuer = await startIssuer({ folder, publicUrl, accounts: [ada], preferredPort: issuer.port });
    expect((await refresh(client(), refreshToken!, key)).person.subject).toBe(ada.subject);
    const log = await readFile(issuer.logFile, 'utf8');
    expect(log).toBe(`issuer: ${issuer.url} ready\n`.repeat(2));
  });

  it('knows the accounts given to it while it runs', async () => {
    issuer = await startIssuer({ folder, publicUrl, accounts: [ada] });
    await expect(signIn(bob)).rejects.toMatchObject({ code: 'wrong-password' });
    await issuer.setAccounts([ada, bob]);
    expect((await signIn(bob)).person.name).toBe('Bob');
  });

  it('says at once what is wrong with its accounts', async () => {
    const start = startIssuer({ folder, publicUrl, accounts: [ada, { ...ada, subject: 'officer-3' }] });
    await expect(start).rejects.toMatchObject({ code: 'exited', message: /two accounts share a subject or an email/ });
  });
});
