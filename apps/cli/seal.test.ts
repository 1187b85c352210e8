import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach } from '@jest/globals';
import { exampleFacts, readManifest } from '#domain/manifest';
import { openHeader, openPayload } from '#domain/sealing';
import { nodeAead } from './node/aead.js';
import { describe, expect, it } from '@jest/globals';
import { OfflineDesk } from '../../test/support/desk.js';

const desk = OfflineDesk.use();

describe('exhibit seal, with no network at all', () => {
  beforeEach(() => {
    mkdirSync(join(desk.folder, 'phone', 'صور'), { recursive: true });
    writeFileSync(join(desk.folder, 'phone', 'صور', 'صورة ١.jpg'), 'a picture');
    writeFileSync(join(desk.folder, 'phone', 'empty'), '');
    writeFileSync(
      Buffer.concat([Buffer.from(join(desk.folder, 'phone/')), Buffer.from([0xff, 0x20, 0xfe])]),
      'no UTF-8',
    );
    writeFileSync(join(desk.folder, 'phone', 'big.db'), Buffer.alloc(9_000_000, 7));
  });

  it('leaves a draft that opens to the agency, with names byte by byte', async () => {
    expect(await desk.amana('exhibit seal phone --facts facts.json --hash md5,sha1 -o draft')).toEqual({
      code: 0,
      stdout: 'Sealed exhibit TRP-2026-0417/1: 4 files, 8.6 MiB, in draft\nNext: amana exhibit upload draft\n',
      stderr: '',
    });
    const draft = JSON.parse(readFileSync(join(desk.folder, 'draft/draft.json'), 'utf8'));
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
      const fileKey = openHeader(Buffer.from(header, 'base64'), [desk.officer.agencyIdentity], nodeAead);
      const opener = openPayload(fileKey, nodeAead);
      const sealed = readFileSync(join(desk.folder, 'draft/files', id));
      expect(opener.update(sealed).length + opener.finish().length).toBe(sizeBytes);
    }
    expect(readdirSync(desk.folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('tells the result as JSON', async () => {
    const { stdout } = await desk.amana('--json exhibit seal phone/empty --facts facts.json -o draft');
    expect(JSON.parse(stdout)).toEqual({
      draft: 'draft',
      exhibitId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      number: 'TRP-2026-0417/1',
      files: 1,
      sealedSizeBytes: 32,
    });
  });

  it('never writes over a draft, nor over what an interrupted sealing left', async () => {
    mkdirSync(join(desk.folder, 'draft'));
    expect((await desk.amana('exhibit seal phone --facts facts.json -o draft')).stderr).toBe(
      'amana: draft exists already; a draft is never written over\n',
    );
    mkdirSync(join(desk.folder, 'other.partial'));
    expect(await desk.amana('exhibit seal phone --facts facts.json -o other')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'amana: other.partial is there: a sealing was interrupted, or is running. Remove it to seal anew\n',
    });
  });

  it('refuses links and special files, and leaves nothing', async () => {
    symlinkSync('/etc/passwd', join(desk.folder, 'phone', 'link'));
    expect(await desk.amana('exhibit seal phone --facts facts.json -o draft')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'amana: "phone/link": is a symbolic link; give the file it leads to\n',
    });
    expect((await desk.amana('exhibit seal /dev/null --facts facts.json -o draft')).stderr).toBe(
      'amana: "/dev/null": is a special file\n',
    );
    expect(readdirSync(desk.folder).filter((name) => name.startsWith('draft'))).toEqual([]);
  });

  it('refuses two files of one name', async () => {
    mkdirSync(join(desk.folder, 'other'));
    writeFileSync(join(desk.folder, 'other', 'empty'), '');
    expect((await desk.amana('exhibit seal phone/empty other/empty --facts facts.json -o draft')).stderr).toBe(
      'amana: "phone/empty" and "other/empty" would have the same name in the exhibit\n',
    );
  });

  it('escapes what could do harm on a terminal', async () => {
    const facts = { ...exampleFacts('required'), exhibitNumber: 'photo\u202egpj.exe' };
    writeFileSync(join(desk.folder, 'facts.json'), JSON.stringify(facts));
    const words = await desk.amana('exhibit seal phone/empty --facts facts.json -o draft');
    expect(words.stdout).toContain('photo\\u{202e}gpj.exe');
    const json = await desk.amana('exhibit seal phone/empty --facts facts.json -o draft2 --json');
    expect(json.stdout).not.toContain('\u202e');
    expect(JSON.parse(json.stdout)).toMatchObject({ number: 'photo\u202egpj.exe' });
  });

  it('does not sign with keys that the agency did not certify: exit 3', async () => {
    const path = join(desk.home, 'officers/haddad%40border.ly.example/profile.json');
    const profile = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...profile, officer: { ...profile.officer, keyState: 'enrolled' } }));
    expect(await desk.amana('exhibit seal phone --facts facts.json -o draft')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'amana: the keys of haddad@border.ly.example are enrolled, not certified by the agency\n',
    });
  });

  it('does not seal to agency keys other than those pinned: exit 4', async () => {
    const path = join(desk.home, 'officers/haddad%40border.ly.example/profile.json');
    const profile = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...profile, pins: { ...profile.pins, agencyKid: 'A'.repeat(43) } }));
    expect(await desk.amana('exhibit seal phone --facts facts.json -o draft')).toEqual({
      code: 4,
      stdout: '',
      stderr: 'amana: Border Investigation Department states other keys than those pinned\n',
    });
  });
});
