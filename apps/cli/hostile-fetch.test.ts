import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CHUNK_SIZE_BYTES } from '#domain/evidence';
import { certifyOfficer, signManifest, signerOf } from '#domain/manifest';
import { makeHeader, recipientOf } from '#domain/sealing';
import {
  GOLDEN_IDS,
  agencyStatement,
  goldenKeys,
  identity,
  officerCertificate,
  seededBytes,
} from '../../test/support/golden-keys.js';
import { makeGolden } from '../../test/support/golden-package.js';
import {
  type AnsweredRetrieval,
  type Attack,
  Endless,
  HostileDesk,
  LEAVES,
  NUMBER,
  PAYLOAD,
  RETRIEVALS,
  flipped,
  htmlPage,
  textSwapped,
} from '../../test/support/hostile-desk.js';
import { nodeAead } from './node/aead.js';

const desk = HostileDesk.use();
const EVERYTHING_ELSE = 'and nothing of it is left behind, nor a receipt given';
const fetch = () => desk.amana('fetch', NUMBER, '-o', 'out', '--purpose', 'trial');
const inManifest = (alter: (manifest: AnsweredRetrieval['manifest']) => unknown) =>
  desk.inRetrieval(({ manifest }) => ({ manifest: alter(manifest) }));
const inFiles = (alter: (files: AnsweredRetrieval['files']) => unknown) =>
  desk.inRetrieval(({ files }) => ({ files: alter(files) }));
const inPlatform = (otherwise: object) => desk.platform.lieAt(/\/v1$/, (said: object) => ({ ...said, ...otherwise }));

const OF_EVIDENCE: readonly Attack[] = [
  ['a byte swapped', 4, /chunk 0 /, () => desk.platform.alterAt(PAYLOAD, (bytes) => flipped(bytes, 70_000))],
  [
    'a byte of the last chunk',
    4,
    /chunk 1 /,
    () => desk.platform.alterAt(PAYLOAD, (bytes) => flipped(bytes, bytes.length - 1)),
  ],
  [
    "another file's content",
    4,
    /chunk 0 /,
    () => desk.platform.alterAt(PAYLOAD, (bytes) => Buffer.from(seededBytes('another', bytes.length))),
  ],
  ['chunks in another order', 4, /chunk 0 /, () => desk.platform.alterAt(PAYLOAD, rotated)],
  [
    'more than was asked for',
    5,
    /more than the range/,
    () => desk.platform.alterAt(PAYLOAD, (bytes) => Buffer.concat([bytes, bytes])),
  ],
  [
    'a body without an end',
    5,
    /more than the range/,
    () => desk.platform.answerAt(PAYLOAD, (honest) => ({ ...honest, body: new Endless() })),
  ],
  ['a page of HTML', 5, /not one: status 200/, () => desk.platform.answerAt(PAYLOAD, htmlPage)],
  ['a leaf swapped', 4, /leaf hashes/, () => desk.platform.alterAt(LEAVES, (bytes) => flipped(bytes, 3))],
  ['leaves too few', 4, /leaf hashes/, () => desk.platform.alterAt(LEAVES, (bytes) => bytes.subarray(32))],
  ['leaves too many', 4, /leaf hashes/, () => desk.platform.alterAt(LEAVES, (bytes) => Buffer.concat([bytes, bytes]))],
  [
    'leaves that are no whole number',
    4,
    /leaf hashes/,
    () => desk.platform.alterAt(LEAVES, (bytes) => bytes.subarray(1)),
  ],
  [
    'leaves without an end',
    5,
    /does not end/,
    () => desk.platform.answerAt(LEAVES, (honest) => ({ ...honest, body: new Endless() })),
  ],
  ['leaves that are HTML', 4, /leaf hashes/, () => desk.platform.answerAt(LEAVES, htmlPage)],
];

const OF_KEYS: readonly Attack[] = [
  ['a header altered', 4, /header does not open/, () => desk.inHeader((header) => flipped(header, 60))],
  [
    'a header with bytes behind it',
    4,
    /bytes follow the age header/,
    () => desk.inHeader((header) => Buffer.concat([header, Buffer.of(0)])),
  ],
  ['a header cut off', 4, /header does not open/, () => desk.inHeader((header) => header.subarray(0, -1))],
  ['no header', 4, /header does not open/, () => desk.inHeader(() => Buffer.alloc(0))],
  [
    'a header for the agency with another key',
    4,
    /authenticate|does not open|tag|chunk/,
    () => desk.inHeader(() => makeHeader(seededBytes('another key', 16), [recipientOf(identity('court'))], nodeAead)),
  ],
];

const OF_MANIFEST: readonly Attack[] = [
  [
    'another digest in it',
    4,
    /manifest/,
    () => inManifest((jws) => ({ ...jws, payload: textSwapped(jws.payload, /"sha256":"...../, '"sha256":"00000') })),
  ],
  ['no seal', 4, /seal/, () => inManifest((jws) => ({ ...jws, signatures: jws.signatures.slice(0, 1) }))],
  [
    'the signature of another officer',
    4,
    /manifest|signed|key/,
    async () => {
      const forged = await signManifest(desk.platform.golden.manifest, await signerOf(goldenKeys('impostor').officer));
      inManifest((jws) => ({ ...jws, signatures: [forged.signatures[0], jws.signatures[1]] }));
    },
  ],
  [
    'the exhibit of another number',
    4,
    /another exhibit/,
    async () => {
      const other = await makeGolden({
        manifest: (one) => ({ ...one, exhibitNumber: 'X', facts: { ...one.facts, exhibitNumber: 'X' } }),
      });
      inManifest(() => other.content.manifest);
    },
  ],
  [
    'another size of a file',
    4,
    /another size/,
    () => inFiles((files) => files.map((file) => ({ ...file, sealedSizeBytes: 99 }))),
  ],
  ['a file left out', 4, /another exhibit/, () => inFiles((files) => files.slice(1))],
  [
    'a file more',
    4,
    /another exhibit/,
    () => inFiles((files) => [...files, { ...files[0]!, id: GOLDEN_IDS.case as never }]),
  ],
  ['a page of HTML for it all', 5, /not as the contract says/, () => desk.platform.answerAt(RETRIEVALS, htmlPage)],
  [
    'an answer without an end',
    5,
    /does not end/,
    () => desk.platform.answerAt(RETRIEVALS, (honest) => ({ ...honest, body: new Endless() })),
  ],
];

const OF_TRUST: readonly Attack[] = [
  [
    'a certificate by another agency key',
    4,
    /certificate/,
    async () => {
      const certificate = await officerCertificate(goldenKeys('impostor'));
      desk.platform.lieAt(RETRIEVALS, (view: object) => ({ ...view, signerCertificate: certificate }));
    },
  ],
  [
    'a certificate for another officer',
    4,
    /certificate/,
    async () => {
      const content = {
        ...officerOf(await officerCertificate(desk.platform.golden.keys)),
        officerId: GOLDEN_IDS.prosecutor,
      };
      const certificate = await certifyOfficer(content, await signerOf(desk.platform.golden.keys.agency));
      desk.platform.lieAt(RETRIEVALS, (view: object) => ({ ...view, signerCertificate: certificate }));
    },
  ],
  [
    'other keys of the own agency',
    4,
    /agency's signing key is another than before/,
    async () => {
      const statement = await agencyStatement(goldenKeys('impostor'));
      desk.platform.lieAt(/officers\/me$/, (me: { agency: object }) => ({
        ...me,
        agency: { ...me.agency, statement },
      }));
    },
  ],
  [
    'another recipient of the own agency, under its old signature',
    4,
    /statement of the keys of .* does not hold/,
    () =>
      desk.platform.lieAt(/officers\/me$/, (me: { agency: { statement: AnsweredRetrieval['manifest'] } }) => {
        const { statement } = me.agency;
        const payload = textSwapped(
          statement.payload,
          /"recipient":"age1[^"]+"/,
          `"recipient":"${recipientOf(identity('spy'))}"`,
        );
        return { ...me, agency: { ...me.agency, statement: { ...statement, payload } } };
      }),
  ],
  [
    'a bundle of agency keys that is none',
    4,
    /./,
    () =>
      desk.platform.lieAt(/mine\/keys$/, (keys: object) => ({
        ...keys,
        wrappedKeys: Buffer.from('age').toString('base64'),
      })),
  ],
  ["another log's key", 4, /log's key is another than before/, () => inPlatform({ logVerifierKey: null })],
  ['another issuer', 4, /issuer .* is another than before/, () => inPlatform({ issuer: 'https://evil.example' })],
  ['another address', 4, /address is another than before/, () => inPlatform({ publicUrl: 'https://evil.example' })],
];

describe.each([
  ['the evidence', OF_EVIDENCE],
  ['the keys to it', OF_KEYS],
  ['the manifest', OF_MANIFEST],
  ['whom to trust', OF_TRUST],
])('a platform that lies about %s', (_about, attacks) => {
  it.each(attacks)(
    `is refused: %s (exit %d), ${EVERYTHING_ELSE}`,
    async (_what, exit, says, lie) => {
      await lie();
      desk.expectRefused(await fetch(), exit, says);
      expect(Endless.takenMiB).toBeLessThan(300);
      expect(desk.arrived().filter((name) => name !== 'empty.txt')).toEqual([]);
      expect(desk.platform.asked.filter((question) => question.endsWith('/receipt'))).toEqual([]);
    },
    60_000,
  );
});

describe('a platform that does not lie', () => {
  it('has its exhibit fetched, byte for byte, and is given a receipt', async () => {
    expect(await fetch()).toMatchObject({ code: 0, stderr: '' });
    for (const { name, bytes } of desk.platform.golden.plaintexts)
      expect(readFileSync(join(desk.folder, 'out', name)).equals(bytes)).toBe(true);
    expect(desk.platform.asked.filter((question) => question.endsWith('/receipt'))).toHaveLength(1);
  });

  it('has what another state sealed under names that lead out of the folder put where it does no harm', async () => {
    const bytes = new TextEncoder().encode('x');
    const names = ['../../escaped', '/tmp/escaped', 'a/../../escaped', 'C:\\escaped'];
    await desk.open({
      plaintexts: names.map((name, at) => ({ id: `00000000-0000-4000-8000-0000000001${at}0` as never, name, bytes })),
    });
    mkdirSync(join(desk.folder, 'deep/er'), { recursive: true });
    const { code } = await desk.amana('fetch', NUMBER, '-o', 'deep/er/out', '--purpose', 'trial');
    expect(code).toBe(0);
    expect(readdirSync(join(desk.folder, 'deep/er/out')).sort()).toEqual([
      'amana-receipt.json',
      'names.json',
      'renamed',
    ]);
    expect(readdirSync(join(desk.folder, 'deep/er/out/renamed'))).toHaveLength(names.length);
    expect([readdirSync(join(desk.folder, 'deep')), readdirSync(join(desk.folder, 'deep/er'))]).toEqual([
      ['er'],
      ['out'],
    ]);
  });
});
function rotated(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(CHUNK_SIZE_BYTES), bytes.subarray(0, CHUNK_SIZE_BYTES)]);
}

function officerOf(jws: { payload: string }) {
  return JSON.parse(Buffer.from(jws.payload, 'base64url').toString()) as never as Parameters<typeof certifyOfficer>[0];
}
