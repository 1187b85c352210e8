import { describe, expect, it } from '@jest/globals';
import { Decrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { nobleAead } from '../../../test/support/noble-aead.js';
import type { SealingErrorCode } from './index.js';
import { SealingError, makeHeader, newIdentity, openHeader, parseHeader, recipientOf } from './index.js';

const fileKey = Uint8Array.from({ length: 16 }, (_, at) => at);
const [alice, bob, carol] = [newIdentity(), newIdentity(), newIdentity()] as const;

function headerFor(...identities: string[]): Uint8Array {
  return makeHeader(fileKey, identities.map(recipientOf), nobleAead);
}

function codeOf(act: () => unknown): SealingErrorCode {
  try {
    act();
  } catch (error) {
    if (error instanceof SealingError) return error.code;
    throw error;
  }
  throw new Error('nothing was refused');
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (header: string): Uint8Array => new TextEncoder().encode(header);

describe('a header', () => {
  it('gives the file key to each of its recipients and to nobody else', () => {
    const header = headerFor(alice, bob);
    expect(openHeader(header, [alice], nobleAead)).toEqual(fileKey);
    expect(openHeader(header, [carol, bob], nobleAead)).toEqual(fileKey);
    expect(codeOf(() => openHeader(header, [carol], nobleAead))).toBe('no-match');
  });

  it('is opened by another implementation', async () => {
    const decrypter = new Decrypter();
    decrypter.addIdentity(bob);
    expect(await decrypter.decryptHeader(headerFor(alice, bob))).toEqual(fileKey);
  });

  it('tells its size apart from the payload that follows', () => {
    const header = headerFor(alice);
    const file = new Uint8Array([...header, 10, 45, 62, 32, 0]);
    const parsed = parseHeader(file);
    expect(parsed.headerSizeBytes).toBe(header.length);
    expect(parsed.stanzas).toHaveLength(1);
    expect(parsed.mac).toHaveLength(32);
  });

  it('wraps the same key differently each time', () => {
    expect(text(headerFor(alice))).not.toBe(text(headerFor(alice)));
  });

  it('is reproducible from given randomness', () => {
    const random = (size: number): Uint8Array => new Uint8Array(size).fill(7);
    const recipients = [recipientOf(alice)];
    expect(makeHeader(fileKey, recipients, nobleAead, random)).toEqual(
      makeHeader(fileKey, recipients, nobleAead, random),
    );
  });

  it('is refused when any byte of it is altered', () => {
    const header = headerFor(alice);
    fc.assert(
      fc.property(fc.nat(header.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const altered = header.slice();
        altered[at] = (header[at] ?? 0) ^ flip;
        expect(() => openHeader(altered, [alice], nobleAead)).toThrow(SealingError);
      }),
      { numRuns: 300 },
    );
  });

  it('is refused when stanzas of two headers are mixed', () => {
    const lines = text(headerFor(alice)).split('\n');
    const others = text(headerFor(bob)).split('\n');
    const mixed = [lines[0], ...lines.slice(1, 3), ...others.slice(1, 3), ...lines.slice(3)].join('\n');
    expect(codeOf(() => openHeader(bytes(mixed), [alice], nobleAead))).toBe('bad-header-mac');
  });

  it('says wherever it is cut that more bytes are needed', () => {
    const header = headerFor(alice);
    for (let size = 0; size < header.length; size++) {
      expect(codeOf(() => parseHeader(header.subarray(0, size)))).toBe('header-truncated');
    }
  });

  it('takes nothing after it where it stands alone', () => {
    const header = headerFor(alice);
    expect(codeOf(() => openHeader(new Uint8Array([...header, 0]), [alice], nobleAead))).toBe('trailing-bytes');
  });
});

describe('parsing refuses', () => {
  const good = text(headerFor(alice));
  const [version, args = '', body = '', mac = ''] = good.split('\n');
  const stanza = `${args}\n${body}`;
  it.each<[string, string]>([
    ['another version', good.replace('/v1', '/v2')],
    ['CRLF', good.replaceAll('\n', '\r\n')],
    ['no stanza', `${version}\n${mac}\n`],
    ['an empty argument', good.replace('X25519 ', 'X25519  ')],
    ['a stanza without arguments', good.replace(args, '-> ')],
    ['an argument that is not ASCII', good.replace(args, '-> é')],
    ['padding', good.replace(body, `${body}=`)],
    ['stray bits', good.replace(body, `${body.slice(0, -1)}B`)],
    ['a body without its short last line', `${version}\n-> x\n${'A'.repeat(64)}\n${mac}\n`],
    ['a line of more than 64 columns', `${version}\n-> x\n${'A'.repeat(68)}\n\n${mac}\n`],
    ['a short MAC', good.replace(mac, mac.slice(0, -4))],
    ['a MAC without its space', good.replace('--- ', '---')],
    ['a MAC with a space after it', good.replace(mac, `${mac} `)],
    [
      'a passphrase stanza beside another',
      `${version}\n${stanza}\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 18\n${body}\n${mac}\n`,
    ],
  ])('%s', (_, header) => {
    expect(codeOf(() => parseHeader(bytes(header)))).toBe('bad-header');
  });

  it('a file of text that never ends', () => {
    expect(codeOf(() => parseHeader(new Uint8Array(2 * 1024 * 1024).fill(65)))).toBe('bad-header');
  });
});

describe('keys', () => {
  it('are those of other implementations', async () => {
    const identity = await generateX25519Identity();
    expect(recipientOf(identity)).toBe(await identityToRecipient(identity));
    expect(await identityToRecipient(alice)).toBe(recipientOf(alice));
  });

  const recipient = recipientOf(alice);
  it.each<[string, string]>([
    ['nothing', ''],
    ['an identity', alice],
    ['upper case', recipient.toUpperCase()],
    ['a wrong checksum', `${recipient.slice(0, -1)}${recipient.endsWith('q') ? 'p' : 'q'}`],
    ['a space after it', `${recipient} `],
    // x25519_low_order of the age test kit: the point of order 1, u = 0
    ['a point of low order', 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z'],
  ])('refuse as a recipient %s', (_, wrong) => {
    expect(codeOf(() => makeHeader(fileKey, [wrong], nobleAead))).toBe('bad-recipient');
  });

  it('refuse a header for nobody, and a file key of another size', () => {
    expect(codeOf(() => makeHeader(fileKey, [], nobleAead))).toBe('bad-recipient');
    expect(codeOf(() => makeHeader(new Uint8Array(32), [recipient], nobleAead))).toBe('bad-file-key');
  });

  it('refuse as an identity what is none, and the hybrid kind', async () => {
    for (const wrong of ['', recipient, alice.toLowerCase(), await generateHybridIdentity()]) {
      expect(codeOf(() => openHeader(headerFor(alice), [wrong], nobleAead))).toBe('bad-identity');
    }
  });
});
