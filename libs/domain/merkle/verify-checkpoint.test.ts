import { describe, expect, it } from '@jest/globals';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { formatCheckpoint } from './checkpoint.js';
import { parseLogPolicy } from './log-policy.js';
import { formatVerifierKey, signingKey, type SigningKey } from './note-key.js';
import { cosignNote, signNote } from './note-signature.js';
import { formatNote, parseNote } from './note.js';
import { leafHash } from './tree-hash.js';
import { checkpointVerifier, verifyCheckpoint } from './verify-checkpoint.js';

const origin = 'custody.example/log/2026a';
const seed = (number: number) => new Uint8Array(32).fill(number);
const log = signingKey(origin, 'ed25519', seed(1));
const stranger = signingKey('stranger.example/log', 'ed25519', seed(2));
const witnesses = [11, 12, 13].map((number) => signingKey(`w${number}.example`, 'cosignature-v1', seed(number)));
const text = formatCheckpoint({ origin, size: 7, root: leafHash(Uint8Array.of(7)) });

const policy = parseLogPolicy(
  utf8ToBytes(
    [
      `log ${formatVerifierKey(log.verifier)}`,
      `log ${formatVerifierKey(stranger.verifier)}`,
      ...witnesses.map(({ verifier }, at) => `witness W${at} ${formatVerifierKey(verifier)}`),
      'group two 2 W0 W1 W2',
      'quorum two',
    ].join('\n'),
  ),
);

function note(signers: readonly SigningKey[], cosigners: readonly SigningKey[], of = text): Uint8Array {
  const signed = parseNote(signNote(of, signers));
  const cosignatures = cosigners.map((cosigner, at) => cosignNote(of, cosigner, 1000 + at));
  return formatNote({ text: of, signatures: [...cosignatures, ...signed.signatures] });
}

describe('a checkpoint under the reader’s policy', () => {
  it('is accepted when the log signed it and the quorum cosigned it', () => {
    const verified = verifyCheckpoint(note([log], witnesses.slice(1)), policy);
    expect(verified.checkpoint).toMatchObject({ origin, size: 7 });
    expect(verified.log).toEqual(log.verifier);
    expect(verified.cosignatures.map(({ key, timestampSeconds }) => [key.name, timestampSeconds])).toEqual([
      ['w12.example', 1000],
      ['w13.example', 1001],
    ]);
  });

  const [w1, w2] = witnesses as [SigningKey, SigningKey];
  const unknown = signingKey('w99.example', 'cosignature-v1', seed(99));
  it.each([
    ['too few witnesses', note([log], [w1]), 'quorum-not-met'],
    ['one witness twice', note([log], [w1, w1]), 'quorum-not-met'],
    ['witnesses of its own choice', note([log], [w1, unknown]), 'quorum-not-met'],
    [
      'witnesses but no log',
      formatNote({ ...parseNote(note([log], [])), signatures: [cosignNote(text, w1, 1), cosignNote(text, w2, 1)] }),
      'log-not-signed',
    ],
    ['the signature of another trusted log', note([stranger], [w1, w2]), 'log-not-signed'],
    ['extension lines', note([log], [w1, w2], `${text}extension\n`), 'extension-lines'],
    ['a text that is no checkpoint', note([log], [w1, w2], 'hello\n'), 'malformed-checkpoint'],
    ['nobody known', note([signingKey(origin, 'ed25519', seed(3))], [unknown]), 'no-known-signature'],
  ])('is refused with %s', (_, wrong, code) => {
    expect(() => verifyCheckpoint(wrong, policy)).toThrow(expect.objectContaining({ code }));
  });

  it('is refused with a forged cosignature of a trusted witness, though the others suffice', () => {
    const [third] = parseNote(note([log], [witnesses[2]!])).signatures;
    const good = parseNote(note([log], [w1, w2]));
    const forged = { ...third!, bytes: third!.bytes.map((byte) => byte ^ 1) };
    const wrong = formatNote({ ...good, signatures: [...good.signatures, forged] });
    expect(() => verifyCheckpoint(wrong, policy)).toThrow(expect.objectContaining({ code: 'bad-signature' }));
  });

  it('is never accepted by a policy without logs', () => {
    const none = { ...policy, logs: [] };
    expect(() => verifyCheckpoint(note([log], [w1, w2]), none)).toThrow(
      expect.objectContaining({ code: 'log-not-signed' }),
    );
  });

  it('is remembered by a verifier for exactly the bytes it accepted', () => {
    const verify = checkpointVerifier(policy);
    const bytes = note([log], [w1, w2]);
    const accepted = verify(bytes);
    expect(verify(Uint8Array.from(bytes))).toBe(accepted);
    const changed = Uint8Array.from(bytes);
    changed[changed.length - 4]! ^= 1;
    expect(() => verify(changed)).toThrow(expect.objectContaining({ name: 'ProofError' }));
    bytes.set(changed); // the caller's buffer changes under it
    expect(() => verify(bytes)).toThrow(expect.objectContaining({ name: 'ProofError' }));
    expect(verify(note([log], witnesses))).not.toBe(accepted);
  });
});
