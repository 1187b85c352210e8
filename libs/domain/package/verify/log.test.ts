import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  cosignNote,
  formatCheckpoint,
  formatNote,
  formatTlogProof,
  formatVerifierKey,
  parseNote,
  parseTlogProof,
  signNote,
  signingKey,
  type NoteSignature,
  type SigningKey,
} from '#domain/merkle';
import { AttackedPackage, expectBroken } from '../../../../test/support/attacked-package.js';
import { goldenKeys, seededBytes } from '../../../../test/support/golden-keys.js';
import { makeGolden, packageOf } from '../../../../test/support/golden-package.js';
import { nodeHashers, type MemoryPackage } from '../../../../test/support/memory-package.js';
import { PATHS, inlineHasher, proofPath, verifyPackage, type Link } from '../index.js';
import { formatRecordLine } from '../record-line.js';

const hasher = inlineHasher(nodeHashers);
const impostor = goldenKeys('impostor');
let attacked: AttackedPackage;

beforeAll(async () => {
  attacked = await AttackedPackage.make();
});

/** Numbers are those of bad-input.md. */
const ATTACKS: readonly (readonly [string, Link, RegExp, () => MemoryPackage])[] = [
  [
    '94 a flipped leaf: another salt',
    'inclusion',
    /23\.tlog-proof: .*another root/,
    () => lastLine({ salt: seededBytes('other', 32) }),
  ],
  [
    '94 a flipped leaf: another body',
    'inclusion',
    /23\.tlog-proof: .*another root/,
    () => lastLine({ body: otherPurpose() }),
  ],
  [
    '95 swapped leaves: the proof of another',
    'inclusion',
    /2\.tlog-proof: the proof is of index 5/,
    () => attacked.altered(proofPath(2), attacked.file(proofPath(5))),
  ],
  [
    '95 swapped leaves: the proof of another as its own',
    'inclusion',
    /14\.tlog-proof: .*another root/,
    () => proofOf(14, { hashes: parsedProof(17).hashes }),
  ],
  [
    '96 a dropped tail of a proof',
    'inclusion',
    /ends before the root/,
    () => attacked.proofAltered(2, (hashes) => hashes.slice(0, -1)),
  ],
  [
    '97 another tree size',
    'inclusion',
    /2\.tlog-proof: .*ends before the root/,
    () => attacked.headed(sameSignature(headText().replace('\n28\n', '\n33\n'))),
  ],
  [
    '97 another tree size that the proofs fit',
    'checkpoint',
    /does not verify/,
    () => attacked.headed(sameSignature(headText().replace('\n28\n', '\n29\n'))),
  ],
  [
    '97 a tree smaller than the index',
    'inclusion',
    /index 2 is not in a tree of 2 leaves/,
    () => attacked.headed(sameSignature(headText().replace('\n28\n', '\n2\n'))),
  ],
  ['98 an empty proof', 'inclusion', /ends before the root/, () => attacked.proofAltered(8, () => [])],
  [
    '99 an extra node',
    'inclusion',
    /no place for/,
    () => attacked.proofAltered(8, (hashes) => [...hashes, seededBytes('extra', 32)]),
  ],
  ['99 extra data in a proof', 'inclusion', /extra data/, () => proofOf(8, { extra: seededBytes('extra', 9) })],
  [
    'a proof that is none',
    'inclusion',
    /8\.tlog-proof: the proof is malformed/,
    () => attacked.altered(proofPath(8), 'c2sp.org/tlog-proof@v2\n'),
  ],
  [
    '100 a checkpoint signed by another key',
    'checkpoint',
    /no known key signed/,
    () => attacked.headed(signNote(headText(), [impostor.log])),
  ],
  [
    '100 a signature of another checkpoint',
    'checkpoint',
    /does not verify/,
    () =>
      attacked.headed(
        formatNote({ text: headText(), signatures: parseNote(signNote(rootless('29'), [logKey()])).signatures }),
      ),
  ],
  [
    '100 the right key under another origin',
    'checkpoint',
    /no trusted log of this origin/,
    () => attacked.headed(signNote(headText().replace('2026a', '2026b'), [logKey()])),
  ],
  [
    '100 an extension line, truly signed',
    'checkpoint',
    /extension lines/,
    () => attacked.headed(signNote(`${headText()}timestamp 1\n`, [logKey()])),
  ],
  [
    'a checkpoint that is none',
    'checkpoint',
    /no size/,
    () => attacked.headed(signNote('custody.example/log/2026a\nmany\n', [logKey()])),
  ],
  [
    '104 a fork: a proof under another head',
    'inclusion',
    /another checkpoint/,
    () => proofOf(8, { checkpoint: fork() }),
  ],
  ['104 a fork: another head everywhere', 'inclusion', /another root/, () => attacked.headed(fork())],
  ['105 a missing proof', 'inclusion', /11\.tlog-proof is missing/, () => attacked.altered(proofPath(11), null)],
  ['105 a missing checkpoint', 'checkpoint', /is missing/, () => attacked.altered(PATHS.checkpoint, null)],
  [
    '106 an extra proof',
    'inclusion',
    /3\.tlog-proof is of no event/,
    () => attacked.altered(proofPath(3), attacked.file(proofPath(2))),
  ],
];

describe('the log of a package', () => {
  it.each(ATTACKS)('shows %s (%s)', async (_what, link, says, make) => {
    await expectBroken(make(), link, says, attacked.policy);
  });

  it('holds after the same steps with nothing altered', async () => {
    const harmless = [
      lastLine({}),
      proofOf(8, {}),
      attacked.proofAltered(2, (hashes) => hashes),
      attacked.headed(sameSignature(headText())),
    ];
    for (const one of harmless) {
      expect((await verifyPackage(one, { hasher, policy: attacked.policy })).verdict).toBe('verified');
    }
  });
});

describe('a package that vouches for itself', () => {
  it('102 is verified by its own claim, which says so, and not by the policy a reader pins', async () => {
    const forged = await packageOf((await makeGolden({ keys: impostor })).content);
    const own = await verifyPackage(forged, { hasher });
    expect(own.verdict).toBe('verified');
    expect(own.detail).toMatch(/all keys, the log's too, are the package's own claim/);
    await expectBroken(forged, 'checkpoint', /no known key/, attacked.policy);
  });

  it('102 does not choose its witnesses where the reader has', async () => {
    const claiming = attacked
      .headed(cosignedHead(witness('false')))
      .set(PATHS.policy, policyOf(witness('false')))
      .rebag();
    expect(await verifyPackage(claiming, { hasher })).toMatchObject({
      verdict: 'verified',
      checked: { cosignatures: 1 },
    });
    await expectBroken(claiming, 'witness-quorum', /too few/, Buffer.from(policyOf(witness('real'))));
  });

  it('has a policy that can be read', async () => {
    await expectBroken(attacked.altered(PATHS.policy, 'quorum some\n'), 'checkpoint', /data\/keys\/policy: line 1/);
  });
});

describe('the witness quorum', () => {
  const policy = () => Buffer.from(policyOf(witness('one'), witness('two')));

  it('is met by as many witnesses as the policy asks for', async () => {
    const cosigned = attacked.headed(cosignedHead(witness('one'), witness('two')));
    const verdict = await verifyPackage(cosigned, { hasher, policy: policy() });
    expect(verdict).toMatchObject({ verdict: 'verified', checked: { cosignatures: 2 } });
    expect(verdict.detail).toMatch(/the witness quorum is met/);
  });

  it('101 counts a witness that cosigned twice once', async () => {
    const cosigned = attacked.headed(cosignedHead(witness('one'), witness('one')));
    await expectBroken(cosigned, 'witness-quorum', /too few/, policy());
  });

  it('is not met by no witness at all', async () => {
    await expectBroken(attacked.whole, 'witness-quorum', /too few/, policy());
  });
});

const logKey = () => attacked.golden.keys.log;
const headText = () => parseNote(attacked.golden.content.checkpoint).text;
const rootless = (size: string) => headText().replace('\n28\n', `\n${size}\n`);
const fork = () =>
  signNote(formatCheckpoint({ origin: logKey().verifier.name, size: 28, root: seededBytes('fork', 32) }), [logKey()]);
const parsedProof = (index: number) => parseTlogProof(attacked.file(proofPath(index)));

function sameSignature(text: string): Uint8Array {
  return formatNote({ ...parseNote(attacked.golden.content.checkpoint), text });
}

function proofOf(index: number, changes: Partial<ReturnType<typeof parseTlogProof>>): MemoryPackage {
  return attacked.altered(proofPath(index), formatTlogProof({ ...parsedProof(index), ...changes }));
}

function lastLine(changes: { readonly salt?: Uint8Array; readonly body?: Uint8Array }): MemoryPackage {
  return attacked.lineAltered(7, () => formatRecordLine({ ...attacked.golden.lines[7]!, ...changes }));
}

function otherPurpose(): Uint8Array {
  return Buffer.from(Buffer.from(attacked.golden.lines[7]!.body).toString().replace('trial 12', 'trial 13'));
}

function witness(name: string): SigningKey {
  return signingKey(`${name}.witness.example`, 'cosignature-v1', seededBytes(`witness ${name}`, 32));
}

function cosignedHead(...witnesses: SigningKey[]): Uint8Array {
  const { text, signatures } = parseNote(attacked.golden.content.checkpoint);
  const cosignatures: NoteSignature[] = witnesses.map((key, at) => cosignNote(text, key, 1_795_000_000 + at));
  return formatNote({ text, signatures: [...signatures, ...cosignatures] });
}

/** The golden log and all of these witnesses. */
function policyOf(...witnesses: SigningKey[]): string {
  const lines = witnesses.map(({ verifier }, at) => `witness w${at} ${formatVerifierKey(verifier)}\n`);
  const names = witnesses.map((_, at) => `w${at}`).join(' ');
  return `log ${formatVerifierKey(logKey().verifier)}\n${lines.join('')}group g all ${names}\nquorum g\n`;
}
