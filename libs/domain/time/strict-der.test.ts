import { describe, expect, it } from '@jest/globals';
import { TestAuthority } from '../../../test/support/timestamp-authority.js';
import { bytesOf, Members, parseDer } from './der.js';
import { integer, sequence, set, tagged } from './der-writer.js';
import { TimestampError } from './index.js';
import { parseToken } from './signed-data.js';
import { requireDer } from './strict-der.js';

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'taken';
  } catch (error) {
    if (error instanceof TimestampError) return error.code;
    throw error;
  }
};
const outcomeOf = (hex: string) => codeOf(() => requireDer(Buffer.from(hex, 'hex'), 1024));

describe('strict DER', () => {
  it.each([
    ['a sequence of nothing', '3000', 'taken'],
    ['an integer', '02017f', 'taken'],
    ['an integer that must be padded', '02020080', 'taken'],
    ['a long length that could be short, within', `30818004817d${'00'.repeat(125)}`, 'malformed'],
    ['a long length, shortest', `308180047e${'00'.repeat(126)}`, 'taken'],
    ['nothing', '', 'malformed'],
    ['a tag alone', '30', 'malformed'],
    ['an element that is cut off', '300502017f', 'malformed'],
    ['bytes after the end', '300000', 'malformed'],
    ['an indefinite length', '30800000', 'malformed'],
    ['a length that is not the shortest', '308103020101', 'malformed'],
    ['a length with a leading zero', '30820003020101', 'malformed'],
    ['a length beyond all', '3085ffffffffff', 'malformed'],
    ['a member longer than its parent', '3003020401', 'malformed'],
    ['a tag above 30', '1f2000', 'malformed'],
    ['a sequence that is primitive', '1000', 'malformed'],
    ['an octet string in pieces', '2404040200ff', 'malformed'],
    ['a boolean that is neither', '010101', 'malformed'],
    ['an integer of nothing', '0200', 'malformed'],
    ['an integer that is padded', '0202007f', 'malformed'],
    ['a negative integer that is padded', '0202ff80', 'malformed'],
    ['a null that is something', '050100', 'malformed'],
    ['an object identifier of nothing', '0600', 'malformed'],
    ['an object identifier that is cut off', '06022a86', 'malformed'],
    ['an object identifier that is padded', '06032a8001', 'malformed'],
    ['a bit string of nothing', '0300', 'malformed'],
    ['a bit string with bits after its end', '03020101', 'malformed'],
    ['a bit string of eight unused bits', '03020800', 'malformed'],
  ])('%s: %s → %s', (_, hex, outcome) => {
    expect(outcomeOf(hex)).toBe(outcome);
  });

  it('is not read when it is too large', () => {
    expect(codeOf(() => requireDer(new Uint8Array(1025), 1024))).toBe('too-large');
  });
});

describe('the signers of a token', () => {
  it('are one', async () => {
    const token = await (await TestAuthority.make()).stamp(new Uint8Array(1));
    const [type, explicit] = Members.of(parseDer(token, 65_536), 'a token').rest();
    const [data] = Members.ofTagged(explicit, 'a token').rest();
    const parts = Members.of(data, 'a token').rest();
    const [signer] = Members.ofSet(parts.at(-1), 'signers').rest().map(bytesOf);
    const withSigners = (...signers: Uint8Array[]) =>
      sequence(bytesOf(type!), tagged(0, sequence(...parts.slice(0, -1).map(bytesOf), set(...signers))));
    expect(Buffer.from(withSigners(signer!))).toEqual(Buffer.from(token));
    expect(codeOf(() => parseToken(withSigners(signer!, signer!)))).toBe('malformed');
    expect(codeOf(() => parseToken(withSigners()))).toBe('malformed');
    expect(codeOf(() => parseToken(withSigners(integer(1n))))).toBe('malformed');
  });
});
