import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { OfflineDesk } from '../../test/support/desk.js';

const desk = OfflineDesk.use();

describe('what is asked wrongly: one line on stderr, exit 2', () => {
  it.each([
    ['', 'amana: which command? See `amana --help`\n'],
    ['exhibit', 'amana: which command? See `amana --help`\n'],
    ['seal', "amana: unknown command 'seal'\n"],
    ['exhibit seal -o d', "amana: missing required argument 'path'\n"],
    ['exhibit seal a.img', "amana: required option '-o, --output <draft>' not specified\n"],
    ['exhibit seal a.img -o d', 'amana: give the facts of the seizure with --facts FILE\n'],
    ['exhibit seal a.img --facts none.json -o d', 'amana: "none.json": there is no such file or folder\n'],
    ['exhibit seal none.img --facts facts.json -o d', 'amana: "none.img": there is no such file or folder\n'],
    ['exhibit seal a.img --facts facts.json --hash sha3 -o d', 'amana: "sha3" is not one of md5, sha1, sha512\n'],
    ['exhibit seal a.img --facts facts.json --team X -o d', 'amana: there is no team "X"\n'],
    ['login --device --email a@b.example', 'amana: give --email, to sign in with a password, or --device, not both\n'],
    ['exhibit list --colour', "amana: unknown option '--colour'\n"],
    ['exhibit upload a.img --wait soon', 'amana: "soon" is not a number of seconds\n'],
    ['fetch X -o d', "amana: required option '--purpose <text>' not specified\n"],
    ['share approve 12', 'amana: "12" is not the id of a grant\n'],
    ['audit claim 12', 'amana: "12" is not the id of a review\n'],
    ['request show 12', 'amana: "12" is not the id of a request\n'],
    ['request fulfil 00000000-0000-4000-8000-000000000000 12', 'amana: "12" is not the id of a grant\n'],
    [
      'request answer 00000000-0000-4000-8000-000000000000 perhaps',
      'amana: "perhaps" is not one of granted, partly-granted, refused, postponed\n',
    ],
    [
      'request answer 00000000-0000-4000-8000-000000000000 refused --because No',
      'amana: an answer that is refused needs --ground\n',
    ],
    [
      'request answer 00000000-0000-4000-8000-000000000000 granted --until 2027-01-01',
      'amana: an answer that is granted takes no --until\n',
    ],
    ['whoami --as nobody@example.org', 'amana: nobody@example.org has not signed in here; run `amana login`\n'],
    ['login --api ftp://example.org', 'amana: "ftp://example.org" is not the address of a platform\n'],
    ['keys export facts.json', 'amana: "facts.json": exists already\n'],
    ['keys init', 'KEYSTORE'],
    ['verify none', 'amana: "none": there is no such file or folder\n'],
  ])('amana %s', async (args, stderr) => {
    writeFileSync(join(desk.folder, 'a.img'), 'image');
    const expected = stderr.replace(
      'KEYSTORE',
      `amana: haddad@border.ly.example has keys here, in ${desk.home}/officers/haddad%40border.ly.example/keystore.age; they are never written over\n`,
    );
    expect(await desk.amana(args)).toEqual({ code: 2, stdout: '', stderr: expected });
    expect(existsSync(join(desk.folder, 'd'))).toBe(false);
  });

  it('tells that nobody has signed in', async () => {
    rmSync(desk.home, { recursive: true });
    expect(await desk.amana('exhibit list')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'amana: nobody has signed in here; run `amana login`\n',
    });
  });

  it('asks for a passphrase that nobody can be asked for', async () => {
    const { code, stderr } = await desk.amana('keys show', { AMANA_PASSPHRASE: '' });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'amana: Passphrase needed: set AMANA_PASSPHRASE or give --passphrase-file FILE\n',
    });
  });
});

describe('with --json a failure is one JSON object on stdout, beside its line on stderr', () => {
  it.each([
    ['exhibit seal a.img --json', 2, 'usage', /required option/],
    ['--json nonsense', 2, 'usage', /unknown command/],
    ['exhibit nonsense --help --json', 2, 'usage', /unknown command/],
    ['--json', 2, 'usage', /which command/],
    ['keys export facts.json --json', 2, 'file', /exists already/],
    ['verify none --json', 2, 'file', /there is no such file/],
    ['whoami --json', 5, 'unreachable', /does not answer/],
  ])('amana %s', async (args, exit, code, says) => {
    const outcome = await desk.amana(args, { AMANA_PATIENCE_SECONDS: '0' });
    expect(outcome.code).toBe(exit);
    const { error, ...others } = JSON.parse(outcome.stdout) as { error: { detail: string } };
    expect([error, others]).toEqual([{ code, exit, detail: expect.stringMatching(says) }, {}]);
    expect(outcome.stderr).toBe(`amana: ${error.detail}\n`);
    expect(outcome.stdout.match(/\n/g)).toHaveLength(1);
  });

  it('tells a wrong passphrase by its code', async () => {
    const outcome = await desk.amana('keys show --json', { AMANA_PASSPHRASE: 'something else' });
    expect(outcome.code).toBe(3);
    expect(JSON.parse(outcome.stdout)).toEqual({
      error: { code: 'wrong-passphrase', exit: 3, detail: 'the passphrase does not open the keystore' },
    });
  });

  it('has the verdict and nothing else where a package is not verified', async () => {
    mkdirSync(join(desk.folder, 'no-package'));
    const { code, stdout, stderr } = await desk.amana('verify no-package --json');
    expect([code, stderr]).toEqual([4, expect.stringMatching(/^amana: broken \(bag\): .*\n$/)]);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'broken', link: 'bag' });
  });
});

describe('where no platform answers: exit 5', () => {
  it.each([
    'whoami',
    'exhibit list',
    'audit queue',
    'share list',
    'log checkpoint --policy policy',
    'login --api http://127.0.0.1:9',
  ])('amana %s', async (args) => {
    writeFileSync(
      join(desk.folder, 'policy'),
      'log sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8\nquorum none\n',
    );
    const { code, stdout, stderr } = await desk.amana(args, { AMANA_PATIENCE_SECONDS: '0' });
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(/^amana: http:\/\/127\.0\.0\.1:9 does not answer: .+\n$/);
  });
});
