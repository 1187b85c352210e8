import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO_OFFICERS } from '../../scripts/platform/demo-world.js';
import { Desk } from '../../scripts/platform/desk.js';
import { digestOf, until } from '../support/chain-files.js';
import { BRUNO, ChainWorld } from '../support/chain-world.js';

const world = ChainWorld.use(() => Promise.resolve({ options: {}, stop: () => Promise.resolve() }));
const [ADA = '', PAUL = ''] = DEMO_OFFICERS.filter(({ roles }) => roles.includes('agency-admin')).map(
  ({ email }) => email,
);

/** By the command line, as the administrator and the partners of an agency have it. */
describe('an officer who leaves', () => {
  let ada: Desk;
  let source: string;
  let before: string;
  let after: string;
  let back: Desk;
  beforeAll(async () => {
    ada = new Desk(world.platform, join(world.folder, 'homes', ADA), ADA);
    await ada.signIn();
    source = world.place('source');
    writeFileSync(join(source, 'image.raw'), randomBytes(200_000));
    before = await world.upload(source);
    await world.shareWithPetra(before);
  }, 120_000);

  const fetched = async (desk: Desk, number: string, name: string) => {
    const folder = join(world.folder, name);
    await desk.must(['fetch', number, '-o', folder, '--purpose', 'trial']);
    expect(digestOf(join(folder, 'source', 'image.raw'))).toBe(digestOf(join(source, 'image.raw')));
  };
  const packaged = async (desk: Desk, number: string, name: string) => {
    const folder = join(world.folder, name);
    await desk.must(['package', number, '-o', folder, '--purpose', 'trial']);
    expect((await desk.json<{ verdict: string }>(['verify', folder])).verdict).not.toBe('broken');
  };

  it('is locked out, and the agency has other keys, its files wrapped to them', async () => {
    const told = await ada.json<{
      officer: { keyState: string };
      rotation: { epoch: number; fileKeys: number; closed: [] };
    }>(['officer', 'depart', world.amal.email, '--reason', 'another post', '--yes']);
    expect(told).toMatchObject({ officer: { keyState: 'revoked' }, rotation: { epoch: 2, fileKeys: 1, closed: [] } });
    const { code, stderr } = await world.amal.run(['exhibit', 'list']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('the sign-in has ended')]);
  }, 60_000);

  it('leaves what they sealed as it was: for a colleague, for the partner, and for a court', async () => {
    await fetched(world.bruno, before, 'by-bruno');
    await fetched(world.petra, before, 'by-petra');
    await packaged(world.bruno, before, 'package-bruno');
    await packaged(world.petra, before, 'package-petra');
  }, 120_000);

  it('is followed by evidence under the new keys', async () => {
    const { file, number } = world.factsFile();
    await world.bruno.must(['exhibit', 'upload', source, '--facts', file]);
    after = number;
    await until(
      async () => (await world.bruno.json<{ state: string }>(['exhibit', 'show', number])).state === 'sealed',
    );
    await packaged(world.bruno, after, 'package-after');
  }, 120_000);

  it('cannot be added again under an address that is taken, but comes back as another officer', async () => {
    const taken = await ada.run(['officer', 'add', BRUNO, '--name', 'Another', '--roles', 'investigator']);
    expect(taken.code).not.toBe(0);
    await ada.must(['officer', 'add', world.amal.email, '--name', 'Amal Haddad', '--roles', 'investigator,approver']);
    const home = join(world.folder, 'homes', 'amal-again');
    mkdirSync(home);
    const again = new Desk(world.platform, home, world.amal.email);
    await again.must(['login', '--email', world.amal.email]);
    expect((await again.json<{ officer: { keyState: string } }>(['whoami'])).officer.keyState).toBe('none');
    await again.must(['keys', 'init']);
    await ada.must(['officer', 'certify', world.amal.email, '--yes']);
    await fetched(again, before, 'by-amal-again');
    back = again;
  }, 60_000);

  it('changes nothing for partners, though both sides have other keys than their agreement lists', async () => {
    const paul = new Desk(world.platform, join(world.folder, 'homes', PAUL), PAUL);
    await paul.signIn();
    expect(await paul.json(['agency', 'rotate'])).toMatchObject({ epoch: 2, fileKeys: 1, closed: [] });
    expect(await paul.json(['agency', 'rotate', '--finish'])).toMatchObject({ epoch: 2, fileKeys: 0 });
    await fetched(world.petra, before, 'by-petra-with-new-keys');
    const { id } = await world.bruno.json<{ id: string }>([
      ...['share', 'propose', after, '--team', 'JIT Safe Passage', '--to', 'Borealia Prosecution Service'],
      ...['--purpose', 'trial', '--basis', 'JIT agreement, clause 4', '--until', '2030-01-01'],
    ]);
    await back.must(['share', 'approve', id]);
    await world.petra.must(['share', 'accept', id, '--undertaking', 'for the trial alone']);
    await fetched(world.petra, after, 'after-by-petra');
    await packaged(world.petra, after, 'package-after-petra');
  }, 120_000);

  it('is in the directory, with all keys that the agency had', async () => {
    const shown = await world.petra.json<{ keys: { epoch: number }[] }>(['agency', 'show', 'Arcadia Border Guard']);
    expect(shown.keys.map(({ epoch }) => epoch)).toEqual([1, 2]);
    const points = join(world.folder, 'points.json');
    writeFileSync(
      points,
      JSON.stringify([
        { name: 'Duty desk', email: 'duty@border.arcadia.example', languages: ['ar'], hours: { kind: 'always' } },
      ]),
    );
    await ada.must(['agency', 'contact', '--points', points]);
    const found = await world.petra.json<{ name: string }[]>([
      'agency',
      'search',
      'duty',
      '--language',
      'ar',
      '--open',
    ]);
    expect(found.map(({ name }) => name)).toEqual(['Arcadia Border Guard']);
  }, 60_000);
});
