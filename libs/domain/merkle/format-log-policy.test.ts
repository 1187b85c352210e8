import { describe, expect, it } from '@jest/globals';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { formatCheckpoint } from './checkpoint.js';
import { formatLogPolicy, quorumThreshold, type WitnessOperator } from './format-log-policy.js';
import { isQuorumMet, parseClaimedPolicy, parseLogPolicy } from './log-policy.js';
import { formatVerifierKey, signingKey, type SigningKey, type VerifierKey } from './note-key.js';
import { cosignNote, signNote } from './note-signature.js';
import { formatNote, parseNote } from './note.js';
import type { SignatureType } from './signature-scheme.js';
import { checkpointVerifier, verifyCheckpoint } from './verify-checkpoint.js';

const keyOf = (name: string, type: SignatureType, number: number): SigningKey =>
  signingKey(name, type, new Uint8Array(32).fill(number));
const origin = 'custody.example/log/2026a';
const log = keyOf(origin, 'ed25519', 1);
const logMlDsa = keyOf(origin, 'ml-dsa-44', 2);
const tunisia = keyOf('witness.tn.example', 'cosignature-v1', 11);
const malta = keyOf('witness.mt.example', 'cosignature-v1', 12);
const maltaMlDsa = keyOf('witness.mt.example', 'ml-dsa-44', 13);
const stranger = keyOf('stranger.example', 'ed25519', 15);
const italy = keyOf('witness.it.example', 'ml-dsa-44', 14);

const operator = (name: string, ...keys: SigningKey[]): WitnessOperator => ({
  name,
  witnesses: keys.map(({ verifier }) => ({ key: verifier })),
});
const three = [operator('tunisia', tunisia), operator('malta', malta, maltaMlDsa), operator('italy', italy)];
const read = (text: string) => parseLogPolicy(utf8ToBytes(text));
const malformed = expect.objectContaining({ code: 'malformed-policy' });

const text = formatCheckpoint({ origin, size: 9, root: new Uint8Array(32) });
function note(logs: readonly SigningKey[], witnesses: readonly SigningKey[]): Uint8Array {
  const { signatures } = parseNote(signNote(text, logs));
  return formatNote({ text, signatures: [...signatures, ...witnesses.map((key) => cosignNote(text, key, 1000))] });
}

describe('a policy of logs and operators of witnesses', () => {
  it('has a group for each operator of several keys, and a quorum of operators', () => {
    const url = 'https://witness.tn.example/';
    const operators = [{ name: 'tunisia', witnesses: [{ key: tunisia.verifier, url }] }, ...three.slice(1)];
    expect(formatLogPolicy([log.verifier, logMlDsa.verifier], { operators })).toBe(
      [
        `log ${formatVerifierKey(log.verifier)}`,
        `log ${formatVerifierKey(logMlDsa.verifier)}`,
        `witness tunisia ${formatVerifierKey(tunisia.verifier)} ${url}`,
        `witness malta/1 ${formatVerifierKey(malta.verifier)}`,
        `witness malta/2 ${formatVerifierKey(maltaMlDsa.verifier)}`,
        'group malta any malta/1 malta/2',
        `witness italy ${formatVerifierKey(italy.verifier)}`,
        'group operators 2 tunisia malta italy',
        'quorum operators',
        '',
      ].join('\n'),
    );
  });

  it('counts an operator once, whichever of its keys cosigned', () => {
    const policy = read(formatLogPolicy([log.verifier, logMlDsa.verifier], { operators: three }));
    const unmet = expect.objectContaining({ code: 'quorum-not-met' });
    expect(() => verifyCheckpoint(note([log], [malta, maltaMlDsa]), policy)).toThrow(unmet);
    expect(() => verifyCheckpoint(note([log], [maltaMlDsa]), policy)).toThrow(unmet);
    for (const pair of [
      [malta, italy],
      [maltaMlDsa, italy],
      [tunisia, maltaMlDsa],
    ]) {
      expect(verifyCheckpoint(note([log], pair), policy).cosignatures.map(({ key }) => key)).toEqual(
        pair.map(({ verifier }) => verifier),
      );
    }
  });

  it('takes a log by either of its keys, and does not count the log’s own as a cosignature', () => {
    const policy = read(formatLogPolicy([log.verifier, logMlDsa.verifier]));
    expect(verifyCheckpoint(note([log], []), policy).log).toEqual(log.verifier);
    const verified = verifyCheckpoint(note([logMlDsa], []), policy);
    expect([verified.log.type, verified.cosignatures]).toEqual(['ml-dsa-44', []]);
    const strict = read(formatLogPolicy(logMlDsa.verifier));
    expect(() => verifyCheckpoint(note([log], []), strict)).toThrow(
      expect.objectContaining({ code: 'no-known-signature' }),
    );
    expect(verifyCheckpoint(note([log, logMlDsa], []), strict).log).toEqual(logMlDsa.verifier);
  });

  const renamed = (key: SigningKey, type: SignatureType): VerifierKey => ({
    ...signingKey('other.example', type, new Uint8Array(32).fill(key === italy ? 14 : 12)).verifier,
  });
  it.each([
    ['one key of two operators', [operator('a', malta), operator('b', malta)]],
    [
      'one key of two operators, under two names',
      [operator('a', malta), { name: 'b', witnesses: [{ key: renamed(malta, 'cosignature-v1') }] }],
    ],
    [
      'one ML-DSA-44 key of two operators, under two names',
      [operator('a', italy), { name: 'b', witnesses: [{ key: renamed(italy, 'ml-dsa-44') }] }],
    ],
    ['one key twice of one operator', [operator('a', malta, malta)]],
    ['two operators of one name', [operator('a', malta), operator('a', italy)]],
    ['an operator of no key', [operator('a', malta), operator('b')]],
    ['an operator called none', [operator('none', malta)]],
    ['an operator called as the group of all', [operator('operators', malta)]],
    ['an operator called as another’s key', [operator('a', malta, italy), operator('a/1', tunisia)]],
    ['a space in a name', [operator('a b', malta)]],
    ['a line in a name', [operator(`a ${formatVerifierKey(italy.verifier)}\nwitness b`, malta)]],
    [
      'a line in a URL',
      [
        {
          name: 'a',
          witnesses: [{ key: malta.verifier, url: `https://a\nlog ${formatVerifierKey(stranger.verifier)}` }],
        },
      ],
    ],
    ['an empty name', [operator('', malta)]],
    ['the log as its own witness', [operator('a', logMlDsa)]],
    ['the log’s public key as a witness', [operator('a', keyOf('witness.example', 'cosignature-v1', 1))]],
    ['a key that is no witness’s', [operator('a', keyOf('a', 'ed25519', 55))]],
  ] as [string, WitnessOperator[]][])('is not written with %s', (_, operators) => {
    expect(() => formatLogPolicy([log.verifier, logMlDsa.verifier], { operators })).toThrow(malformed);
  });

  it('is not written with a log twice, nor with a witness for a log', () => {
    expect(() => formatLogPolicy([log.verifier, log.verifier])).toThrow(malformed);
    expect(() => formatLogPolicy(malta.verifier)).toThrow(malformed);
  });
});

describe('a policy that came with the evidence', () => {
  it('is a claim, which a verification does not take', () => {
    const claimed = parseClaimedPolicy(utf8ToBytes(formatLogPolicy(log.verifier)));
    // @ts-expect-error a claim is no policy
    expect(() => verifyCheckpoint(note([log], []), claimed)).toThrow();
    // @ts-expect-error a claim is no policy
    expect(() => checkpointVerifier(claimed)(note([log], []))).toThrow();
    expect(verifyCheckpoint(note([log], []), claimed.claim).checkpoint.size).toBe(9);
    expect(() => parseClaimedPolicy(utf8ToBytes('quorum'))).toThrow(malformed);
  });
});

describe('the quorum', () => {
  it.each([
    [1, 0, 1],
    [2, 0, 2],
    [3, 0, 2],
    [4, 1, 3],
    [5, 1, 4],
    [7, 2, 5],
    [10, 3, 7],
  ])('of %d operators, of whom %d lie, is %d', (operators, faulty, threshold) => {
    expect(quorumThreshold(operators)).toBe(threshold);
    expect(quorumThreshold(operators, faulty)).toBe(threshold);
  });

  it('is more than (n + f) / 2 and the least such; unless told otherwise the honest alone make it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 63 }), fc.nat(62), (n, some) => {
        const f = some % n;
        const k = quorumThreshold(n, f);
        expect([k > (n + f) / 2, k - 1 > (n + f) / 2, k <= n]).toEqual([true, false, true]);
        const most = Math.floor((n - 1) / 3);
        expect(quorumThreshold(n)).toBeLessThanOrEqual(n - most);
      }),
    );
  });

  it('cannot be met for both of two heads by faulty operators that sign everything', () => {
    for (let n = 1; n <= 8; n++) {
      const keys = Array.from({ length: n }, (_, at) => keyOf(`w${at}`, 'cosignature-v1', 100 + at));
      for (let f = 0; f < n; f++) {
        const operators = keys.map((key, at) => operator(`o${at}`, key));
        const { quorum, witnesses } = read(formatLogPolicy(log.verifier, { operators, faulty: f }));
        // The honest each sign one head: split in every way. Those that lie sign both.
        for (let honestOfFirst = 0; honestOfFirst <= n - f; honestOfFirst++) {
          const lying = witnesses.slice(n - f).map(({ key }) => key);
          const first = witnesses.slice(0, honestOfFirst).map(({ key }) => key);
          const second = witnesses.slice(honestOfFirst, n - f).map(({ key }) => key);
          const both = [first, second].every((honest) => isQuorumMet(quorum, new Set([...honest, ...lying])));
          expect([n, f, honestOfFirst, both]).toEqual([n, f, honestOfFirst, false]);
        }
      }
    }
  });

  it.each([
    [0, 0],
    [-1, 0],
    [1.5, 0],
    [3, 3],
    [3, -1],
    [3, 0.5],
    [NaN, 0],
  ])('of %d operators of whom %d lie does not exist', (operators, faulty) => {
    expect(() => quorumThreshold(operators, faulty)).toThrow(RangeError);
  });
});
