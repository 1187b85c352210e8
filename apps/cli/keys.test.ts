import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PASSPHRASE } from '../../test/support/officer-home.js';
import { describe, expect, it } from '@jest/globals';
import { OfflineDesk } from '../../test/support/desk.js';

const desk = OfflineDesk.use();

describe('keys', () => {
  it('shows the public halves', async () => {
    const { code, stdout, stderr } = await desk.amana('keys show --json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      kid: expect.stringMatching(/^[\w-]{43}$/),
      recipient: desk.officer.profile.officer.recipient,
      state: 'certified',
    });
  });

  it('do not open with a wrong passphrase: exit 3', async () => {
    const expected = { code: 3, stdout: '', stderr: 'amana: the passphrase does not open the keystore\n' };
    expect(await desk.amana('keys show', { AMANA_PASSPHRASE: 'something else' })).toEqual(expected);
  });

  it('take the passphrase from the file that was asked for, whatever the environment has', async () => {
    writeFileSync(join(desk.folder, 'passphrase'), 'something else\n');
    const wrong = await desk.amana('keys show --passphrase-file passphrase');
    expect(wrong.code).toBe(3);
  });

  it('take the passphrase from a file', async () => {
    writeFileSync(join(desk.folder, 'passphrase'), `${PASSPHRASE}\r\n`);
    const { code } = await desk.amana('keys show --passphrase-file passphrase', { AMANA_PASSPHRASE: '' });
    expect(code).toBe(0);
  });

  it.each([
    ['a keystore that was cut', (bytes: Buffer) => bytes.subarray(0, 100)],
    ['a keystore with a bit flipped', (bytes: Buffer) => flipped(bytes, bytes.length - 3)],
    ['something else', () => Buffer.from('PK\u0003\u0004')],
    ['nothing', () => Buffer.alloc(0)],
  ])('are refused in %s: exit 4', async (_, spoil) => {
    const path = join(desk.home, 'officers/haddad%40border.ly.example/keystore.age');
    writeFileSync(path, spoil(readFileSync(path)));
    const { code, stdout, stderr } = await desk.amana('keys show');
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^amana: .+\n$/);
  });

  it('are exported and imported, under their passphrase', async () => {
    expect(await desk.amana('keys export usb.age')).toEqual({
      code: 0,
      stdout: 'The keystore is in usb.age, under its passphrase\n',
      stderr: '',
    });
    rmSync(join(desk.home, 'officers/haddad%40border.ly.example/keystore.age'));
    expect((await desk.amana('keys show')).stderr).toBe(
      'amana: haddad@border.ly.example has no keys here; run `amana keys init` or `amana keys import FILE`\n',
    );
    expect((await desk.amana('keys import usb.age')).code).toBe(0);
    expect((await desk.amana('keys show')).code).toBe(0);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
