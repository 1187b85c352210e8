import { describe, expect, it } from '@jest/globals';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { parseSigningKey, parseVerifierKey, signingKey, verifierKey } from './note-key.js';
import { cosignNote, openNote, signNote } from './note-signature.js';
import { formatNote, parseNote, parseSignatureLines } from './note.js';

// The example of Go's golang.org/x/mod/sumdb/note.
const goSigner = parseSigningKey('PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz');
const goKey = parseVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
const goText = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const goNote = utf8ToBytes(
  `${goText}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`,
);

// Signed by Python's cryptography over the checkpoint that C2SP tlog-cosignature shows, with the seed 00 01 … 1f.
const checkpointText = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const witnessSigner = parseSigningKey(
  'PRIVATE+KEY+witness.example/w1+e75f6532+BAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f',
);
const witnessLine =
  '— witness.example/w1 519lMgAAAABkGFDLBuRDazBLVac2NE+Y+IjbjQOcXLfF9CSDZVUIoS83rE1nFZsVE8YiWV6Ngr7lV8H6bdoBQGP/l73euDMQ9k+bBQ==\n';
const witnessNote = utf8ToBytes(`${checkpointText}\n${witnessLine}`);

const refused = expect.objectContaining({ name: 'ProofError' });
const badSignature = expect.objectContaining({ code: 'bad-signature' });

describe('a note signed by a log', () => {
  it('is the one that Go makes, byte for byte', () => {
    expect(signNote(goText, [goSigner])).toEqual(goNote);
    expect(openNote(goNote, [goKey])).toEqual({ text: goText, signatures: [{ kind: 'signature', key: goKey }] });
  });

  it('is refused with any one byte changed', () => {
    let count = 0;
    for (const changed of mutations(goNote)) {
      count++;
      expect(() => openNote(changed, [goKey])).toThrow(refused);
    }
    expect(count).toBe(goNote.length * 4);
  });

  it('is refused with any one byte left out', () => {
    for (let at = 0; at < goNote.length; at++) {
      const shorter = Uint8Array.from([...goNote.subarray(0, at), ...goNote.subarray(at + 1)]);
      expect(() => openNote(shorter, [goKey])).toThrow(refused);
    }
  });

  it('is refused where no known key signed', () => {
    const unknown = expect.objectContaining({ code: 'no-known-signature' });
    expect(() => openNote(goNote, [])).toThrow(unknown);
    expect(() => openNote(goNote, [witnessSigner.verifier])).toThrow(unknown);
  });

  it('is refused where the key has the name and the id but is another', () => {
    const impostor = { ...goKey, publicKey: witnessSigner.verifier.publicKey };
    expect(() => openNote(goNote, [impostor])).toThrow(badSignature);
  });

  it('is refused for a verifier that knows two keys of one name and id', () => {
    expect(() => openNote(goNote, [goKey, { ...goKey }])).toThrow(expect.objectContaining({ code: 'ambiguous-key' }));
  });

  it('ignores signatures of unknown keys, even of a known name or a known id', () => {
    const { signatures } = parseNote(goNote);
    const [genuine] = signatures;
    const otherId = { ...genuine!, keyId: '00000000' };
    const otherName = { ...genuine!, name: 'SomebodyElse' };
    const garbage = { name: 'x', keyId: 'ffffffff', bytes: Uint8Array.of(1) };
    const note = formatNote({ text: goText, signatures: [garbage, otherId, otherName, genuine!] });
    expect(openNote(note, [goKey]).signatures).toEqual([{ kind: 'signature', key: goKey }]);
  });

  it('is refused whole when one of its known keys signed badly, in any order', () => {
    const [genuine] = parseNote(goNote).signatures;
    const forged = { ...genuine!, bytes: genuine!.bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte)) };
    for (const signatures of [
      [genuine!, forged],
      [forged, genuine!],
    ]) {
      expect(() => openNote(formatNote({ text: goText, signatures }), [goKey])).toThrow(badSignature);
    }
  });

  it('counts a key that signed twice once', () => {
    const [genuine] = parseNote(goNote).signatures;
    const twice = formatNote({ text: goText, signatures: [genuine!, genuine!] });
    expect(openNote(twice, [goKey]).signatures).toHaveLength(1);
  });

  it('is not made by a cosigner, nor of a text that cannot be signed', () => {
    expect(() => signNote(goText, [witnessSigner])).toThrow(expect.objectContaining({ code: 'unsupported-key-type' }));
    for (const text of ['no newline', 'a\r\n', '']) {
      expect(() => signNote(text, [goSigner])).toThrow(expect.objectContaining({ code: 'malformed-note' }));
    }
  });
});

describe('a cosignature', () => {
  it('is the one that another implementation makes, byte for byte', () => {
    const signature = cosignNote(checkpointText, witnessSigner, 1679315147);
    expect([signature]).toEqual(parseSignatureLines(witnessLine));
    expect(openNote(witnessNote, [witnessSigner.verifier])).toEqual({
      text: checkpointText,
      signatures: [{ kind: 'cosignature', key: witnessSigner.verifier, timestampSeconds: 1679315147 }],
    });
  });

  it('is refused with any one byte changed', () => {
    for (const changed of mutations(witnessNote)) {
      expect(() => openNote(changed, [witnessSigner.verifier])).toThrow(refused);
    }
  });

  it('stands beside the signature of the log', () => {
    const log = signingKey('example.com/behind-the-sofa', 'ed25519', new Uint8Array(32).fill(1));
    const signed = parseNote(signNote(checkpointText, [log]));
    const cosigned = formatNote({
      text: signed.text,
      signatures: [...signed.signatures, cosignNote(signed.text, witnessSigner, 1)],
    });
    const known = [witnessSigner.verifier, log.verifier];
    expect(openNote(cosigned, known).signatures.map(({ kind }) => kind)).toEqual(['signature', 'cosignature']);
  });

  it('does not pass for a signature of the same key, nor the other way round', () => {
    const seed = new Uint8Array(32).fill(2);
    const asLog = signingKey('both', 'ed25519', seed);
    const asWitness = signingKey('both', 'cosignature-v1', seed);
    expect(asLog.verifier.id).not.toBe(asWitness.verifier.id);
    const cosignature = { ...cosignNote(checkpointText, asWitness, 1), keyId: asLog.verifier.id };
    expect(() => openNote(formatNote({ text: checkpointText, signatures: [cosignature] }), [asLog.verifier])).toThrow(
      badSignature,
    );
    const [signature] = parseNote(signNote(checkpointText, [asLog])).signatures;
    const renamed = { ...signature!, keyId: asWitness.verifier.id };
    expect(() => openNote(formatNote({ text: checkpointText, signatures: [renamed] }), [asWitness.verifier])).toThrow(
      badSignature,
    );
  });

  it('carries times up to 2^53 − 1 seconds and no others', () => {
    for (const seconds of [0, Number.MAX_SAFE_INTEGER]) {
      const signatures = [cosignNote(checkpointText, witnessSigner, seconds)];
      const [opened] = openNote(formatNote({ text: checkpointText, signatures }), [witnessSigner.verifier]).signatures;
      expect(opened).toMatchObject({ timestampSeconds: seconds });
    }
    for (const seconds of [-1, 0.5, NaN, 2 ** 53]) {
      expect(() => cosignNote(checkpointText, witnessSigner, seconds)).toThrow(RangeError);
    }
    const message = utf8ToBytes(`cosignature/v1\ntime ${2n ** 53n}\n${checkpointText}`);
    const bytes = Uint8Array.from([0, 0x20, 0, 0, 0, 0, 0, 0, ...witnessSigner.sign(message)]);
    const { name, id } = witnessSigner.verifier;
    const note = formatNote({ text: checkpointText, signatures: [{ name, keyId: id, bytes }] });
    expect(() => openNote(note, [witnessSigner.verifier])).toThrow(badSignature);
  });

  it('is not made with the key of a log', () => {
    expect(() => cosignNote(checkpointText, goSigner, 1)).toThrow(
      expect.objectContaining({ code: 'unsupported-key-type' }),
    );
  });

  it('of a public key of small order is refused', () => {
    const neutral = verifierKey('w', 'cosignature-v1', Uint8Array.from([1, ...new Uint8Array(31)]));
    const bytes = Uint8Array.from([...new Uint8Array(8), 1, ...new Uint8Array(63)]);
    const note = formatNote({ text: checkpointText, signatures: [{ name: 'w', keyId: neutral.id, bytes }] });
    expect(() => openNote(note, [neutral])).toThrow(badSignature);
  });
});

/**
 * Every byte changed in four ways: its lowest bit, its case bit, to a newline, to a space (or, being that, to an x).
 */
function* mutations(golden: Uint8Array): Generator<Uint8Array> {
  for (const [at, byte] of golden.entries()) {
    for (const changed of [byte ^ 1, byte ^ 0x20, 0x0a, 0x20]) {
      yield golden.map((same, other) => (other !== at ? same : changed === byte ? 0x78 : changed));
    }
  }
}
