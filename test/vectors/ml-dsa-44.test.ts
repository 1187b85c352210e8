import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  cosignNote,
  formatNote,
  formatVerifierKey,
  openNote,
  parseNote,
  parseSignatureLines,
  parseSigningKey,
  parseVerifierKey,
  signNote,
} from '#domain/merkle';

interface Vectors {
  readonly madeWith: string;
  readonly checkpoint: string;
  readonly signatures: readonly Vector[];
}

interface Vector {
  readonly name: string;
  readonly timestampSeconds: number;
  readonly keyId: string;
  readonly verifierKey: string;
  readonly signingKey: string;
  /** Hexadecimal. */
  readonly message: string;
  readonly line: string;
}

/**
 * Signatures of another implementation of ML-DSA-44, over messages put together by other code from the specification: a
 * witness's, with a time, and a log's, without one. It signs with randomness, so its signatures are not ours byte for byte.
 */
const { checkpoint, signatures, madeWith } = JSON.parse(
  readFileSync(new URL('ml-dsa-44.json', import.meta.url), 'utf8'),
) as Vectors;

describe(`ML-DSA-44 signatures by ${madeWith}`, () => {
  it.each(signatures)('of $name have the key id of the specification', ({ name, keyId, verifierKey, signingKey }) => {
    const publicKey = Buffer.from(verifierKey.split('+').slice(2).join('+'), 'base64').subarray(1);
    expect(publicKey).toHaveLength(1312);
    const hash = createHash('sha256').update(name).update('\n').update(Uint8Array.of(0x06)).update(publicKey);
    expect(hash.digest('hex').slice(0, 8)).toBe(keyId);
    expect(parseVerifierKey(verifierKey)).toMatchObject({ name, id: keyId, type: 'ml-dsa-44' });
    expect(formatVerifierKey(parseSigningKey(signingKey).verifier)).toBe(verifierKey);
  });

  it.each(signatures)('of $name verify', ({ verifierKey, line, timestampSeconds }) => {
    const key = parseVerifierKey(verifierKey);
    const note = new TextEncoder().encode(`${checkpoint}\n${line}\n`);
    expect(openNote(note, [key])).toEqual({
      text: checkpoint,
      signatures: [{ kind: 'cosignature', key, timestampSeconds }],
    });
  });

  it.each(signatures)('of $name are of the message that we sign', ({ signingKey, message, timestampSeconds }) => {
    const key = parseSigningKey(signingKey);
    const ours =
      timestampSeconds === 0
        ? parseNote(signNote(checkpoint, [key])).signatures[0]
        : cosignNote(checkpoint, key, timestampSeconds);
    const head = Buffer.alloc(8);
    head.writeBigUInt64BE(BigInt(timestampSeconds));
    const signature = key.sign(Buffer.from(message, 'hex'));
    expect(Buffer.from(ours?.bytes ?? [])).toEqual(Buffer.concat([head, signature]));
  });

  it('stand in one note', () => {
    const lines = signatures.flatMap(({ line }) => parseSignatureLines(`${line}\n`));
    const keys = signatures.map(({ verifierKey }) => parseVerifierKey(verifierKey));
    expect(openNote(formatNote({ text: checkpoint, signatures: lines }), keys).signatures).toHaveLength(2);
  });
});
