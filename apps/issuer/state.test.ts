import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { IssuerState } from './state.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-issuer-state-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const open = async () => IssuerState.open(folder);
const journal = () => readFile(join(folder, 'state.jsonl'), 'utf8');

describe('the state of the issuer', () => {
  it('is there again after a restart: what was put, changed, consumed and destroyed', async () => {
    const before = await open();
    const tokens = before.adapter('RefreshToken');
    await tokens.upsert('kept', { jti: 'kept', grantId: 'g' }, 60);
    await tokens.upsert('changed', { jti: 'old' }, 60);
    await tokens.upsert('changed', { jti: 'new' }, 60);
    await tokens.upsert('used', { jti: 'used' }, 60);
    await tokens.consume('used');
    await tokens.upsert('gone', { jti: 'gone' }, 60);
    await tokens.destroy('gone');
    await before.adapter('Session').upsert('s', { uid: 'browser' }, 60);
    const after = await open();
    const found = after.adapter('RefreshToken');
    expect(await found.find('kept')).toEqual({ jti: 'kept', grantId: 'g' });
    expect(await found.find('changed')).toEqual({ jti: 'new' });
    expect(await found.find('used')).toEqual({ jti: 'used', consumed: expect.any(Number) });
    expect(await found.find('gone')).toBeUndefined();
    expect(await after.adapter('Session').findByUid('browser')).toEqual({ uid: 'browser' });
    expect(await after.adapter('Session').find('kept')).toBeUndefined();
  });

  it('ends all that one grant gave', async () => {
    const state = await open();
    const tokens = state.adapter('RefreshToken');
    await tokens.upsert('a', { grantId: 'ends' });
    await tokens.upsert('b', { grantId: 'stays' });
    await tokens.revokeByGrantId('ends');
    const again = (await open()).adapter('RefreshToken');
    expect(await again.find('a')).toBeUndefined();
    expect(await again.find('b')).toEqual({ grantId: 'stays' });
  });

  it('forgets what has expired', async () => {
    const codes = (await open()).adapter('AuthorizationCode');
    await codes.upsert('old', { jti: 'old' }, -60);
    expect(await codes.find('old')).toBeUndefined();
    await open();
    expect(await journal()).toBe('');
  });

  it('survives a last line that was cut by a kill', async () => {
    await (await open()).adapter('Grant').upsert('whole', { jti: 'whole' });
    await appendFile(join(folder, 'state.jsonl'), '["Grant half",{"payl');
    const grants = (await open()).adapter('Grant');
    expect(await grants.find('whole')).toEqual({ jti: 'whole' });
    await grants.upsert('next', { jti: 'next' });
    expect(await (await open()).adapter('Grant').find('next')).toEqual({ jti: 'next' });
  });

  it('does not grow with the number of sign-ins, but with what is in force', async () => {
    const state = await open();
    const sessions = state.adapter('Session');
    for (let n = 0; n < 3_000; n += 1) await sessions.upsert('one', { uid: String(n) });
    expect((await journal()).split('\n').length).toBeLessThan(1_100);
    expect(await (await open()).adapter('Session').find('one')).toEqual({ uid: '2999' });
  });
});
