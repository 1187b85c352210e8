import { beforeAll, describe, expect, it } from '@jest/globals';
import { formatPemCertificates, grantedResponse } from '#domain/time';
import { agreement, uuid, GOLDEN_IDS } from '../../../test/support/golden-keys.js';
import { makeGolden, packageOf, type Golden } from '../../../test/support/golden-package.js';
import { MemoryPackage, nodeHashers } from '../../../test/support/memory-package.js';
import { authorityOf, stampedBy } from '../../../test/support/stamped-package.js';
import { buildPackage, type PackageContent, type PackagedFile } from './index.js';

let golden: Golden;
beforeAll(async () => {
  golden = await makeGolden();
});

describe('building a court package', () => {
  it('gives what surface.md names, and the same bytes each time', async () => {
    const content = { ...golden.content, keys: { ...golden.content.keys, agreements: [await agreement(golden.keys)] } };
    const made = await packageOf(content);
    expect([...made.files.keys()].sort()).toEqual([
      'bag-info.txt',
      'bagit.txt',
      'data/README.html',
      'data/custody/checkpoint',
      'data/custody/events.jsonl',
      ...[11, 14, 17, 2, 20, 23, 5, 8].map((index) => `data/custody/proofs/${index}.tlog-proof`),
      `data/evidence/${GOLDEN_IDS.photograph}.age`,
      `data/evidence/${GOLDEN_IDS.empty}.age`,
      `data/keys/agency-${GOLDEN_IDS.agency}.jws.json`,
      'data/keys/agreement-1.jws.json',
      `data/keys/officer-${GOLDEN_IDS.officer}.jws.json`,
      'data/keys/platform.jwk.json',
      'data/keys/policy',
      'data/manifest.jws.json',
      'manifest-sha256.txt',
      'manifest-sha512.txt',
      'tagmanifest-sha256.txt',
    ]);
    expect(made.text('data/keys/policy')).toMatch(
      /^log custody\.example\/log\/2026a\+[0-9a-f]{8}\+[^ ]+\nquorum none\n$/,
    );
    expect(made.text('bag-info.txt')).toMatch(
      /^Internal-Sender-Identifier: urn:uuid:00000000-0000-4000-8000-000000001007\nBagging-Date: 2026-11-20$/m,
    );
    expect(made.text('data/README.html')).not.toMatch(/<script|https?:/);
    const again = await packageOf({ ...content, files: [...content.files].reverse() });
    expect([...again.files].sort()).toEqual([...made.files].sort());
  });

  it('brings timestamps as answers of their authority, with its root beside them', async () => {
    const authority = await authorityOf();
    const stamped = await stampedBy(authority, golden.content);
    const made = await packageOf(stamped);
    const token = stamped.timestamps!.manifest!.token;
    expect(made.files.get('data/custody/timestamps/manifest.tsr')).toEqual(grantedResponse(token));
    expect(made.files.has('data/custody/timestamps/checkpoint.tsr')).toBe(true);
    expect(made.files.has('data/custody/timestamps/checkpoint.ers')).toBe(false);
    expect(made.text('data/keys/tsa.pem')).toBe(formatPemCertificates([authority.root.der]));
    const answered = { ...stamped.timestamps!, manifest: { token: grantedResponse(token), evidenceRecord: null } };
    const again = await packageOf({ ...stamped, timestamps: answered });
    expect([...again.files]).toEqual([...made.files]);
  });

  const photograph = () => [...golden.content.files][0]!;
  const files = (...some: Partial<PackagedFile>[]): Partial<PackageContent> => ({
    files: some.map((file) => ({ ...photograph(), ...file })),
  });

  it.each<[string, RegExp, () => Partial<PackageContent>]>([
    ['a manifest that is none', /the manifest: /, () => ({ manifest: { payload: '' } })],
    ['a file missing', /file .*8 is missing/, () => files({})],
    ['a file twice', /is not of this exhibit, or comes twice/, () => files({}, {})],
    [
      'a file of another exhibit',
      /is not of this exhibit/,
      () => files({ fileId: uuid(70) as typeof GOLDEN_IDS.empty }),
    ],
    ['a header that is none', /the age header/, () => files({ header: Buffer.from('age') })],
    [
      'a header with payload behind it',
      /the age header/,
      () => files({ header: Buffer.concat([photograph().header, Buffer.of(0)]) }),
    ],
    ['no record', /does not end with an export/, () => ({ events: [] })],
    ['a record without its end', /does not end with an export/, () => ({ events: golden.content.events.slice(0, -1) })],
    [
      'a timestamp that is none',
      /the timestamp of the manifest: malformed/,
      () => ({
        timestamps: { checkpoint: null, manifest: { token: new Uint8Array(3), evidenceRecord: null }, roots: [] },
      }),
    ],
    ['a payload too short', /1 bytes came, the manifest has/, () => files({ payload: () => oneByte() })],
  ])('refuses %s, and leaves no bag behind', async (_what, says, changes) => {
    const written = new MemoryPackage();
    const building = buildPackage({ ...golden.content, ...changes() }, written, nodeHashers);
    await expect(building).rejects.toMatchObject({
      name: 'PackageError',
      code: 'bad-input',
      message: expect.stringMatching(says),
    });
    expect(written.files.has('bagit.txt')).toBe(false);
  });
});

async function* oneByte(): AsyncIterable<Uint8Array> {
  yield Uint8Array.of(1);
}
