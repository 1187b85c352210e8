import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { bundleAmana, runAmana, type Transcript } from '../../test/support/amana-command.js';
import { PASSPHRASE, type OfficerAtHome, officerAtHome } from '../../test/support/officer-home.js';
import { exampleFacts, readManifest } from '#domain/manifest';
import { openHeader, openPayload } from '#domain/sealing';
import { nodeAead } from './node/aead.js';
import { temporaryFolder } from '../../test/support/temporary-folder.js';

let command: string;
let folder: string;
let home: string;
let haddad: OfficerAtHome;

beforeAll(async () => {
  command = await bundleAmana();
});
beforeEach(async () => {
  folder = temporaryFolder('transcript');
  home = join(folder, 'home');
  haddad = await officerAtHome(home);
  writeFileSync(join(folder, 'facts.json'), JSON.stringify(exampleFacts('required')));
});

function amana(args: string, env: Record<string, string> = {}): Promise<Transcript> {
  return runAmana(
    command,
    args.split(' ').filter((arg) => arg !== ''),
    {
      cwd: folder,
      env: { AMANA_HOME: home, AMANA_PASSPHRASE: PASSPHRASE, ...env },
    },
  );
}

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
    ['exhibit list --colour', "amana: unknown option '--colour'\n"],
    ['exhibit upload a.img --wait soon', 'amana: "soon" is not a number of seconds\n'],
    ['fetch X -o d', "amana: required option '--purpose <text>' not specified\n"],
    ['share approve 12', 'amana: "12" is not the id of a grant\n'],
    ['audit claim 12', 'amana: "12" is not the id of a review\n'],
    ['whoami --as nobody@example.org', 'amana: nobody@example.org has not signed in here; run `amana login`\n'],
    ['login --api ftp://example.org', 'amana: "ftp://example.org" is not the address of a platform\n'],
    ['keys export facts.json', 'amana: "facts.json": exists already\n'],
    ['keys init', 'KEYSTORE'],
    ['verify none', 'amana: "none": there is no such file or folder\n'],
  ])('amana %s', async (args, stderr) => {
    writeFileSync(join(folder, 'a.img'), 'image');
    const expected = stderr.replace(
      'KEYSTORE',
      `amana: haddad@border.ly.example has keys here, in ${home}/officers/haddad%40border.ly.example/keystore.age; they are never written over\n`,
    );
    expect(await amana(args)).toEqual({ code: 2, stdout: '', stderr: expected });
    expect(existsSync(join(folder, 'd'))).toBe(false);
  });

  it('tells that nobody has signed in', async () => {
    rmSync(home, { recursive: true });
    expect(await amana('exhibit list')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'amana: nobody has signed in here; run `amana login`\n',
    });
  });

  it('asks for a passphrase that nobody can be asked for', async () => {
    const { code, stderr } = await amana('keys show', { AMANA_PASSPHRASE: '' });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'amana: Passphrase needed: set AMANA_PASSPHRASE or give --passphrase-file FILE\n',
    });
  });
});

describe('help', () => {
  it.each(['--help', 'exhibit --help', 'exhibit seal --help', 'share propose --help', 'help', 'log fsck --help'])(
    'amana %s',
    async (args) => {
      const { code, stdout, stderr } = await amana(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: amana/);
    },
  );

  it('has an example for every verb', async () => {
    const leaves = [
      'login',
      'whoami',
      'keys init',
      'keys show',
      'keys export',
      'keys import',
      'exhibit facts',
      'exhibit seal',
      'exhibit upload',
      'exhibit list',
      'exhibit show',
      'exhibit hold',
      'exhibit correct',
      'share propose',
      'share approve',
      'share accept',
      'share refuse',
      'share revoke',
      'share list',
      'fetch',
      'package',
      'verify',
      'log checkpoint',
      'log prove',
      'log fsck',
      'agency list',
      'agency keys init',
      'officer list',
      'officer certify',
      'agreement list',
      'agreement publish',
      'team list',
      'audit queue',
      'audit claim',
      'audit record',
      'audit export',
    ];
    const helps = await Promise.all(
      leaves.map(async (leaf) => [leaf, (await amana(`${leaf} --help`)).stdout] as const),
    );
    for (const [leaf, help] of helps) expect(help).toContain(`$ amana ${leaf}`);
  }, 60_000);
});

describe('keys', () => {
  it('shows the public halves', async () => {
    const { code, stdout, stderr } = await amana('keys show --json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      kid: expect.stringMatching(/^[\w-]{43}$/),
      recipient: haddad.profile.officer.recipient,
      state: 'certified',
    });
  });

  it('do not open with a wrong passphrase: exit 3', async () => {
    const expected = { code: 3, stdout: '', stderr: 'amana: the passphrase does not open the keystore\n' };
    expect(await amana('keys show', { AMANA_PASSPHRASE: 'something else' })).toEqual(expected);
  });

  it('take the passphrase from a file', async () => {
    writeFileSync(join(folder, 'passphrase'), `${PASSPHRASE}\r\n`);
    const { code } = await amana('keys show --passphrase-file passphrase', { AMANA_PASSPHRASE: '' });
    expect(code).toBe(0);
  });

  it.each([
    ['a keystore that was cut', (bytes: Buffer) => bytes.subarray(0, 100)],
    ['a keystore with a bit flipped', (bytes: Buffer) => flipped(bytes, bytes.length - 3)],
    ['something else', () => Buffer.from('PK\u0003\u0004')],
    ['nothing', () => Buffer.alloc(0)],
  ])('are refused in %s: exit 4', async (_, spoil) => {
    const path = join(home, 'officers/haddad%40border.ly.example/keystore.age');
    writeFileSync(path, spoil(readFileSync(path)));
    const { code, stdout, stderr } = await amana('keys show');
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^amana: .+\n$/);
  });

  it('are exported and imported, under their passphrase', async () => {
    expect(await amana('keys export usb.age')).toEqual({
      code: 0,
      stdout: 'The keystore is in usb.age, under its passphrase\n',
      stderr: '',
    });
    rmSync(join(home, 'officers/haddad%40border.ly.example/keystore.age'));
    expect((await amana('keys show')).stderr).toBe(
      'amana: haddad@border.ly.example has no keys here; run `amana keys init` or `amana keys import FILE`\n',
    );
    expect((await amana('keys import usb.age')).code).toBe(0);
    expect((await amana('keys show')).code).toBe(0);
  });
});

describe('facts', () => {
  it('prints an example that seals', async () => {
    writeFileSync(join(folder, 'a.img'), 'image');
    const { stdout } = await amana('exhibit facts --all');
    writeFileSync(join(folder, 'all.json'), stdout);
    expect((await amana('exhibit seal a.img --facts all.json -o d')).code).toBe(0);
  });

  it('names each field that is missing or wrong: exit 2', async () => {
    const facts = exampleFacts('required') as {
      seizure: Record<string, unknown>;
      legalBasis: Record<string, unknown>;
      exhibitNumber?: unknown;
    };
    delete facts.seizure.place;
    delete facts.legalBasis.offence;
    delete facts.exhibitNumber;
    facts.seizure.at = '20.11.2026';
    writeFileSync(join(folder, 'facts.json'), JSON.stringify({ ...facts, shoeSize: 44 }));
    writeFileSync(join(folder, 'a.img'), 'image');
    const { code, stdout, stderr } = await amana('exhibit seal a.img --facts facts.json -o d');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines.at(-1)).toBe(
      'amana: facts.json: the facts are not complete (3 missing, 2 wrong); see `amana exhibit facts`',
    );
    for (const path of ['exhibitNumber', 'seizure.place', 'legalBasis.offence', 'seizure.at', 'shoeSize']) {
      expect(lines.slice(0, -1).filter((line) => line.includes(`"${path}"`))).toHaveLength(1);
    }
  });

  it.each([
    ['trailing comma', '{"a":1,}'],
    ['two values', '{} {}'],
    ['a member twice', '{"a":1,"a":2}'],
    ['a byte order mark', '\ufeff{}'],
    ['nothing', ''],
    ['a list', '[]'],
  ])('are refused with %s: exit 2', async (_, text) => {
    writeFileSync(join(folder, 'facts.json'), text);
    writeFileSync(join(folder, 'a.img'), 'image');
    const { code, stderr } = await amana('exhibit seal a.img --facts facts.json -o d');
    expect(code).toBe(2);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^amana: facts\.json: /);
  });
});

describe('exhibit seal, with no network at all', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'phone', 'صور'), { recursive: true });
    writeFileSync(join(folder, 'phone', 'صور', 'صورة ١.jpg'), 'a picture');
    writeFileSync(join(folder, 'phone', 'empty'), '');
    writeFileSync(Buffer.concat([Buffer.from(join(folder, 'phone/')), Buffer.from([0xff, 0x20, 0xfe])]), 'no UTF-8');
    writeFileSync(join(folder, 'phone', 'big.db'), Buffer.alloc(9_000_000, 7));
  });

  it('leaves a draft that opens to the agency, with names byte by byte', async () => {
    expect(await amana('exhibit seal phone --facts facts.json --hash md5,sha1 -o draft')).toEqual({
      code: 0,
      stdout: 'Sealed exhibit TRP-2026-0417/1: 4 files, 8.6 MiB, in draft\nNext: amana exhibit upload draft\n',
      stderr: '',
    });
    const draft = JSON.parse(readFileSync(join(folder, 'draft/draft.json'), 'utf8'));
    const { statement: manifest } = readManifest(draft.manifest);
    expect(manifest.files.map(({ name, nameBase64, sizeBytes }) => ({ name, nameBase64, sizeBytes }))).toEqual([
      { name: 'phone/big.db', nameBase64: undefined, sizeBytes: 9_000_000 },
      { name: 'phone/empty', nameBase64: undefined, sizeBytes: 0 },
      { name: 'phone/صور/صورة ١.jpg', nameBase64: undefined, sizeBytes: 9 },
      {
        name: 'phone/\ufffd \ufffd',
        nameBase64: Buffer.from('phone/\xff \xfe', 'latin1').toString('base64'),
        sizeBytes: 8,
      },
    ]);
    expect(manifest.files[1]?.hashes.map(({ value }) => value)).toEqual([
      'd41d8cd98f00b204e9800998ecf8427e',
      'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    ]);
    for (const { id, header, sizeBytes } of draft.registration.files) {
      const fileKey = openHeader(Buffer.from(header, 'base64'), [haddad.agencyIdentity], nodeAead);
      const opener = openPayload(fileKey, nodeAead);
      const sealed = readFileSync(join(folder, 'draft/files', id));
      expect(opener.update(sealed).length + opener.finish().length).toBe(sizeBytes);
    }
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('tells the result as JSON', async () => {
    const { stdout } = await amana('--json exhibit seal phone/empty --facts facts.json -o draft');
    expect(JSON.parse(stdout)).toEqual({
      draft: 'draft',
      exhibitId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      number: 'TRP-2026-0417/1',
      files: 1,
      sealedSizeBytes: 32,
    });
  });

  it('never writes over a draft, nor over what an interrupted sealing left', async () => {
    mkdirSync(join(folder, 'draft'));
    expect((await amana('exhibit seal phone --facts facts.json -o draft')).stderr).toBe(
      'amana: draft exists already; a draft is never written over\n',
    );
    mkdirSync(join(folder, 'other.partial'));
    expect(await amana('exhibit seal phone --facts facts.json -o other')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'amana: other.partial is there: a sealing was interrupted, or is running. Remove it to seal anew\n',
    });
  });

  it('refuses links and special files, and leaves nothing', async () => {
    symlinkSync('/etc/passwd', join(folder, 'phone', 'link'));
    expect(await amana('exhibit seal phone --facts facts.json -o draft')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'amana: "phone/link": is a symbolic link; give the file it leads to\n',
    });
    expect((await amana('exhibit seal /dev/null --facts facts.json -o draft')).stderr).toBe(
      'amana: "/dev/null": is a special file\n',
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('draft'))).toEqual([]);
  });

  it('refuses two files of one name', async () => {
    mkdirSync(join(folder, 'other'));
    writeFileSync(join(folder, 'other', 'empty'), '');
    expect((await amana('exhibit seal phone/empty other/empty --facts facts.json -o draft')).stderr).toBe(
      'amana: "phone/empty" and "other/empty" would have the same name in the exhibit\n',
    );
  });

  it('escapes what could do harm on a terminal', async () => {
    const facts = { ...exampleFacts('required'), exhibitNumber: 'photo\u202egpj.exe' };
    writeFileSync(join(folder, 'facts.json'), JSON.stringify(facts));
    const words = await amana('exhibit seal phone/empty --facts facts.json -o draft');
    expect(words.stdout).toContain('photo\\u{202e}gpj.exe');
    const json = await amana('exhibit seal phone/empty --facts facts.json -o draft2 --json');
    expect(json.stdout).not.toContain('\u202e');
    expect(JSON.parse(json.stdout)).toMatchObject({ number: 'photo\u202egpj.exe' });
  });

  it('does not sign with keys that the agency did not certify: exit 3', async () => {
    const path = join(home, 'officers/haddad%40border.ly.example/profile.json');
    const profile = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...profile, officer: { ...profile.officer, keyState: 'enrolled' } }));
    expect(await amana('exhibit seal phone --facts facts.json -o draft')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'amana: the keys of haddad@border.ly.example are enrolled, not certified by the agency\n',
    });
  });

  it('does not seal to agency keys other than those pinned: exit 4', async () => {
    const path = join(home, 'officers/haddad%40border.ly.example/profile.json');
    const profile = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...profile, pins: { ...profile.pins, agencyKid: 'A'.repeat(43) } }));
    expect(await amana('exhibit seal phone --facts facts.json -o draft')).toEqual({
      code: 4,
      stdout: '',
      stderr: 'amana: Border Investigation Department states other keys than those pinned\n',
    });
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
      join(folder, 'policy'),
      'log sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8\nquorum none\n',
    );
    const { code, stdout, stderr } = await amana(args, { AMANA_PATIENCE_SECONDS: '0' });
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(/^amana: http:\/\/127\.0\.0\.1:9 does not answer: .+\n$/);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
