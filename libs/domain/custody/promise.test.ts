import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { signingKey, signNote } from '#domain/merkle';
import {
  certifyPromiseKey,
  formatPromise,
  formatPromiseHeader,
  MAX_PROMISED,
  parsePromise,
  parsePromiseHeader,
  PromiseError,
  signPromise,
  verifyPromise,
  verifyPromiseKey,
} from './index.js';

const origin = 'custody.example/log/2026a';
const log = signingKey(origin, 'ed25519', new Uint8Array(32).fill(1));
const key = signingKey(`${origin}/promise`, 'ed25519', new Uint8Array(32).fill(2));
const other = signingKey('other.example/log', 'ed25519', new Uint8Array(32).fill(3));
const promise = {
  origin,
  at: new Date('2026-11-24T21:00:00.123Z'),
  mergeDelayMs: 1000,
  commitments: [new Uint8Array(32).fill(4), new Uint8Array(32).fill(5)],
};

const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof PromiseError) return error.code;
    throw error;
  }
  return 'accepted';
};

describe('a promise of inclusion', () => {
  it('is read back as it was made, from the header of an answer, under the key of the platform', () => {
    const notes = parsePromiseHeader(formatPromiseHeader([signPromise(promise, key), signPromise(promise, key)]));
    expect(notes.map((note) => verifyPromise(note, [key.verifier]))).toEqual([promise, promise]);
  });

  it('is refused under any other key, and with any one byte of it changed', () => {
    const note = signPromise(promise, key);
    expect(code(() => verifyPromise(note, [other.verifier]))).toBe('not-promised');
    for (let at = 0; at < note.length; at++) {
      const changed = Uint8Array.from(note);
      changed[at]! ^= 1;
      expect(['not-promised', 'malformed']).toContain(code(() => verifyPromise(changed, [key.verifier])));
    }
  });

  const text = formatPromise(promise);
  it.each([
    ['another version', text.replace('v1', 'v2')],
    ['no last line end', text.slice(0, -1)],
    ['a time without milliseconds', text.replace('.123Z', 'Z')],
    ['a time that is none', text.replace('2026-11', '2026-13')],
    ['no delay', text.replace('\n1000\n', '\n\n')],
    ['a delay with a leading zero', text.replace('\n1000\n', '\n01000\n')],
    ['a negative delay', text.replace('\n1000\n', '\n-1\n')],
    ['no event', text.split('\n').slice(0, 4).join('\n') + '\n'],
    ['a commitment of 31 bytes', text.replace(/[^\n]+\n$/, `${btoa('x'.repeat(31))}\n`)],
    ['a loosely spelt commitment', text.replace(/=\n$/, '\n')],
    ['an empty line', `${text}\n`],
    ['CR LF', text.replaceAll('\n', '\r\n')],
    ['nothing', ''],
  ])('is refused with %s', (_, bad) => {
    expect(code(() => parsePromise(bad))).toBe('malformed');
  });

  it('is of a hundred events at most', () => {
    const commitments = Array.from({ length: MAX_PROMISED }, () => new Uint8Array(32));
    expect(parsePromise(formatPromise({ ...promise, commitments })).commitments.length).toBe(MAX_PROMISED);
    expect(code(() => formatPromise({ ...promise, commitments: [...commitments, new Uint8Array(32)] }))).toBe(
      'malformed',
    );
  });

  it('never ends in another error, whatever the header field or the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (garbage) => {
        expect(['malformed', 'accepted']).toContain(code(() => parsePromiseHeader(garbage)));
        expect(code(() => parsePromise(garbage))).toBe('malformed');
      }),
    );
  });
});

describe('the key of promises', () => {
  it('is certified by the log that it promises for', () => {
    const certificate = certifyPromiseKey(key.verifier, log);
    expect(verifyPromiseKey(certificate, [other.verifier, log.verifier])).toEqual({ origin, key: key.verifier });
  });

  it.each([
    ['signed by nobody we know', () => certifyPromiseKey(key.verifier, other), [log.verifier]],
    [
      'signed by one log in the name of another',
      () => signNote(`amana-promise-key/v1\n${origin}\nx\n`, [other]),
      [log.verifier, other.verifier],
    ],
    ['a promise', () => signPromise(promise, log), [log.verifier]],
  ] as const)('is not one when it is %s', (_, make, logs) => {
    expect(code(() => verifyPromiseKey(make(), logs))).toMatch(/malformed|not-promised/);
  });
});
