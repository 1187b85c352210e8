import { describe, expect, it } from '@jest/globals';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { formatCheckpoint } from './checkpoint.js';
import { parseConflict } from './conflict.js';
import { decodeEntryBundle } from './entry-bundle.js';
import { parseLogPolicy } from './log-policy.js';
import { signingKey, type SigningKey } from './note-key.js';
import { cosignNote, openNote, signNote } from './note-signature.js';
import { formatNote, parseNote, type NoteSignature } from './note.js';
import type { ProofErrorCode } from './proof-error.js';
import { uint64 } from './signature-scheme.js';
import { parseTlogProof } from './tlog-proof.js';

const origin = 'custody.example/log/2026a';
const seed = (number: number) => new Uint8Array(32).fill(number);
const log = signingKey(origin, 'ed25519', seed(1));
const [w1, w2] = [11, 12].map((at) => signingKey(`w${at}.example`, 'cosignature-v1', seed(at))) as [
  SigningKey,
  SigningKey,
];
const text = formatCheckpoint({ origin, size: 11, root: seed(9) });
const checkpoint = formatNote({
  text,
  signatures: [...parseNote(signNote(text, [log])).signatures, ...[w1, w2].map((key) => cosignNote(text, key, 1000))],
});

const line = (key: SigningKey, changes: Partial<NoteSignature> = {}): NoteSignature => ({
  ...cosignNote(text, key, 1000),
  ...changes,
});
const strangers = (count: number): NoteSignature[] =>
  Array.from({ length: count }, (_, at) => ({ name: `s${at}`, keyId: '00000000', bytes: seed(at & 0xff) }));
const known = [log, w1, w2].map(({ verifier }) => verifier);
const goldenText = new TextDecoder().decode(checkpoint);
/** A note put together without the checks of `formatNote`. */
const loose = (signatures: readonly NoteSignature[]): Uint8Array =>
  utf8ToBytes(
    `${text}\n${signatures
      .map(
        ({ name, keyId, bytes }) =>
          `— ${name} ${Buffer.concat([Buffer.from(keyId, 'hex'), bytes]).toString('base64')}\n`,
      )
      .join('')}`,
  );
/** A cosignature that is right but for its time. */
function timed(seconds: bigint): Uint8Array {
  const signature = w1.sign(utf8ToBytes(`cosignature/v1\ntime ${seconds}\n${text}`));
  return loose([line(w1, { bytes: concatBytes(uint64(seconds), signature) })]);
}

describe('a note', () => {
  it.each<[string, ProofErrorCode, () => Uint8Array]>([
    ['of 1000 signatures', 'note-too-large', () => loose([...parseNote(checkpoint).signatures, ...strangers(997)])],
    ['of 1000 signatures of one known key', 'note-too-large', () => loose(Array<NoteSignature>(1000).fill(line(w1)))],
    ['of 65 signatures', 'note-too-large', () => loose(strangers(65))],
    [
      'with a bad signature of a known key behind good ones',
      'bad-signature',
      () => loose([...parseNote(checkpoint).signatures, line(w1, { bytes: seed(5) })]),
    ],
    [
      'with a bad signature of a known key before good ones',
      'bad-signature',
      () => loose([line(w2, { bytes: seed(5) }), ...parseNote(checkpoint).signatures]),
    ],
    ['of unknown keys alone', 'no-known-signature', () => loose(strangers(16))],
    ['with CR LF', 'malformed-note', () => utf8ToBytes(goldenText.replaceAll('\n', '\r\n'))],
    ['with one CR', 'malformed-note', () => utf8ToBytes(goldenText.replace('\n', '\r\n'))],
    ['that is no UTF-8', 'malformed-note', () => concatBytes(Uint8Array.of(0xff), checkpoint)],
    ['in UTF-16', 'malformed-note', () => new Uint8Array(Buffer.from(goldenText, 'utf16le'))],
    ['without its final newline', 'malformed-note', () => checkpoint.slice(0, -1)],
    ['with two of them', 'malformed-note', () => utf8ToBytes(`${goldenText}\n`)],
    ['cosigned 2^53 seconds after 1970', 'bad-signature', () => timed(2n ** 53n)],
    ['cosigned 2^63 seconds after 1970', 'bad-signature', () => timed(2n ** 63n)],
    ['cosigned 2^64 − 1 seconds after 1970', 'bad-signature', () => timed(2n ** 64n - 1n)],
    ['with half a time', 'bad-signature', () => loose([line(w1, { bytes: seed(1).slice(0, 4) })])],
  ])('%s is refused whole: %s', (_, code, make) => {
    const note = make();
    const started = performance.now();
    expect(() => openNote(note, known)).toThrow(expect.objectContaining({ name: 'ProofError', code }));
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('may have unknown keys, which are not looked at, up to 64 signatures in all', () => {
    const note = formatNote({ text, signatures: [...strangers(61), ...parseNote(checkpoint).signatures] });
    expect(openNote(note, known).signatures.map(({ key }) => key)).toEqual(known);
    expect(openNote(timed(2n ** 53n - 1n), known).signatures).toHaveLength(1);
  });
});

describe('what is as large as may be, and hostile', () => {
  const size = 500 * 1024;
  it.each<[string, (bytes: Uint8Array) => unknown]>([
    ['a note', parseNote],
    ['a proof', parseTlogProof],
    ['a policy', parseLogPolicy],
    ['evidence', parseConflict],
    ['an entry bundle', (bytes) => decodeEntryBundle(bytes, 256)],
  ])('%s is refused soon', (_, parse) => {
    for (const fill of [
      '\n',
      'A',
      ' ',
      '=',
      '— ',
      '\n\n',
      '\n\n— a ',
      'log ',
      '#\n',
      '\0',
      'c2sp.org/tlog-proof@v1\n',
    ]) {
      const bytes = utf8ToBytes(fill.repeat(Math.floor(size / utf8ToBytes(fill).length)));
      const started = performance.now();
      expect(() => parse(bytes)).toThrow(expect.objectContaining({ name: 'ProofError' }));
      expect(performance.now() - started).toBeLessThan(2000);
    }
  });
});
