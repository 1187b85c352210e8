import { describe, expect, it } from '@jest/globals';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { formatLogPolicy } from './format-log-policy.js';
import { isQuorumMet, parseLogPolicy } from './log-policy.js';
import { formatVerifierKey, signingKey, type VerifierKey } from './note-key.js';
import type { SignatureType } from './signature-scheme.js';

const key = (name: string, type: SignatureType, number: number): VerifierKey =>
  signingKey(name, type, new Uint8Array(32).fill(number)).verifier;
const log = formatVerifierKey(key('log.example/a', 'ed25519', 1));
const log2 = formatVerifierKey(key('log.example/b', 'ed25519', 2));
const [w1, w2, w3, w4] = [11, 12, 13, 14].map((number) =>
  formatVerifierKey(key(`witness.example/${number}`, 'cosignature-v1', number)),
) as [string, string, string, string];
const parse = (text: string) => parseLogPolicy(utf8ToBytes(text));

describe('a policy', () => {
  it('of one log and no witness is two lines', () => {
    const logKey = key('log.example/a', 'ed25519', 1);
    expect(formatLogPolicy(logKey)).toBe(`log ${log}\nquorum none\n`);
    expect(parse(formatLogPolicy(logKey))).toEqual({
      logs: [{ key: logKey }],
      witnesses: [],
      quorum: { kind: 'none' },
    });
  });

  it('may hold comments, blank lines, tabs, URLs and several logs', () => {
    const policy = parse(
      `# of the team\n\n \t # too\n\tlog\t${log}  https://log.example/a \nlog ${log2}\nwitness W ${w1} https://w#1\nquorum W`,
    );
    expect(policy.logs.map(({ key, url }) => [key.name, url])).toEqual([
      ['log.example/a', 'https://log.example/a'],
      ['log.example/b', undefined],
    ]);
    expect(policy.witnesses).toEqual([{ name: 'W', key: expect.anything(), url: 'https://w#1' }]);
    expect(policy.quorum).toEqual({ kind: 'witness', key: policy.witnesses[0]?.key });
  });

  it('takes names for octets', () => {
    const composed = 'caf\u00e9';
    const decomposed = 'cafe\u0301';
    const policy = parse(`witness ${composed} ${w1}\nwitness ${decomposed} ${w2}\nquorum ${decomposed}\n`);
    expect(policy.witnesses.map(({ name }) => name)).toEqual([composed, decomposed]);
    expect(policy.quorum).toEqual({ kind: 'witness', key: policy.witnesses[1]?.key });
    // Not even UTF-8: two names that would both decode to U+FFFD.
    const bytes = utf8ToBytes(`witness @ ${w1}\nwitness ~ ${w2}\nquorum ~\n`).map((byte) =>
      byte === 0x40 ? 0xff : byte === 0x7e ? 0xfe : byte,
    );
    const opaque = parseLogPolicy(bytes);
    expect(opaque.quorum).toEqual({ kind: 'witness', key: opaque.witnesses[1]?.key });
  });

  it('may list 32 logs, witnesses and groups', () => {
    const lines = Array.from({ length: 32 }, (_, at) => [
      `log ${formatVerifierKey(key(`log${at}`, 'ed25519', 100 + at))}`,
      `witness w${at} ${formatVerifierKey(key(`w${at}`, 'cosignature-v1', 150 + at))}`,
      `group g${at} any w${at} ${at === 0 ? '' : `g${at - 1}`}`,
    ]);
    const policy = parse([...lines.flat(), 'quorum g31'].join('\n'));
    expect([policy.logs.length, policy.witnesses.length]).toEqual([32, 32]);
    expect(isQuorumMet(policy.quorum, new Set([policy.witnesses[0]!.key]))).toBe(true);
    expect(isQuorumMet(policy.quorum, new Set())).toBe(false);
  });

  const group = (definition: string): string =>
    `witness A ${w1}\nwitness B ${w2}\nwitness C ${w3}\nwitness D ${w4}\n${definition}\n`;

  it.each([
    ['quorum none', ['', 'A', 'ABCD'], []],
    ['quorum A', ['A', 'AB', 'ABCD'], ['', 'B', 'BCD']],
    ['group g any A B\nquorum g', ['A', 'B', 'AB'], ['', 'C', 'CD']],
    ['group g all A B\nquorum g', ['AB', 'ABCD'], ['', 'A', 'B', 'ACD']],
    ['group g 2 A B C\nquorum g', ['AB', 'AC', 'BC', 'ABC'], ['', 'A', 'B', 'C', 'AD']],
    ['group x 2 A B C\ngroup y any D\ngroup g all x y\nquorum g', ['ABD', 'BCD', 'ABCD'], ['AB', 'D', 'AD', 'ABC']],
    ['group x all A B\ngroup g any x C\nquorum g', ['C', 'AB', 'ABC'], ['', 'A', 'B', 'D']],
  ])('%j is met by some and not by others', (definition, met, unmet) => {
    const { witnesses, quorum } = parse(group(definition));
    const cosigners = (names: string) =>
      new Set(witnesses.filter(({ name }) => names.includes(name)).map(({ key }) => key));
    for (const names of met) expect([names, isQuorumMet(quorum, cosigners(names))]).toEqual([names, true]);
    for (const names of unmet) expect([names, isQuorumMet(quorum, cosigners(names))]).toEqual([names, false]);
  });

  const good = `log ${log}\nquorum none\n`;
  it.each([
    ['nothing', ''],
    ['no quorum', `log ${log}\n`],
    ['two quorums', `${good}quorum none\n`],
    ['a quorum of nobody known', `log ${log}\nquorum W\n`],
    ['a quorum defined below', `quorum W\nwitness W ${w1}\n`],
    ['a quorum of two', `witness A ${w1}\nwitness B ${w2}\nquorum A B\n`],
    ['an unknown keyword', `${good}threshold 1\n`],
    ['another case', good.replace('log', 'Log')],
    ['a log without a key', 'log\nquorum none\n'],
    ['a log with too much', `log ${log} https://a b\nquorum none\n`],
    ['a log of no key', 'log abc\nquorum none\n'],
    ['a log with a cosigner’s key', `log ${w1}\nquorum none\n`],
    ['a witness with a log’s key', `witness W ${log}\nquorum W\n`],
    ['a witness without a name', `witness ${w1}\nquorum none\n`],
    ['a log twice', `log ${log}\nlog ${log}\nquorum none\n`],
    ['a log twice, under two names', `log ${log}\nlog ${formatVerifierKey(key('other', 'ed25519', 1))}\nquorum none\n`],
    [
      'a witness twice, under two names',
      `witness A ${w1}\nwitness B ${formatVerifierKey(key('other', 'cosignature-v1', 11))}\ngroup g 2 A B\nquorum g\n`,
    ],
    ['a name twice', group('witness A x\nquorum A')],
    ['a group named as a witness', group('group A any B\nquorum A')],
    ['a group named none', group('group none any A\nquorum A')],
    ['a witness named none', `witness none ${w1}\nquorum none\n`],
    ['none as a member', group('group g any none\nquorum g')],
    ['an empty group', group('group g any\nquorum g')],
    ['a group without a threshold', group('group g A B\nquorum g')],
    ['a threshold of 0', group('group g 0 A B\nquorum g')],
    ['a threshold of more', group('group g 3 A B\nquorum g')],
    ['a threshold of 02', group('group g 02 A B C\nquorum g')],
    ['a negative threshold', group('group g -1 A B\nquorum g')],
    ['a threshold of 2.0', group('group g 2.0 A B\nquorum g')],
    ['a member twice in a group', group('group g 2 A A\nquorum g')],
    ['a member in two groups', group('group x any A\ngroup y any A\ngroup g all x y\nquorum g')],
    ['a group in itself', group('group g any g\nquorum g')],
    ['a member defined below', group('group x any y\ngroup y any A\nquorum x')],
    ['a comment after the items', `log ${log} https://log.example # ours\nquorum none\n`],
    ['CRLF', good.replaceAll('\n', '\r\n')],
    ['a NUL', good.replace('none', 'no\0ne')],
    ['a DEL in a comment', `#\u007f\n${good}`],
    ['a no-break space for a space', good.replace(' ', '\u00a0')],
    ['a byte order mark', `\ufeff${good}`],
  ])('is refused with %s', (_, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'malformed-policy' }));
  });

  it('names the line that is wrong', () => {
    expect(() => parse(`# one\nlog ${log}\nlog bad\n`)).toThrow(/line 3/);
  });

  it('is bounded in size and in definitions', () => {
    const refused = expect.objectContaining({ code: 'malformed-policy' });
    expect(() => parse(`#${' '.repeat(256 * 1024)}\n${good}`)).toThrow(refused);
    const witness = Array.from(
      { length: 64 },
      (_, at) => `witness w${at} ${formatVerifierKey(key(`w${at}`, 'cosignature-v1', at + 1))}`,
    );
    expect(parse([...witness.slice(1), 'quorum none'].join('\n')).witnesses).toHaveLength(63);
    expect(() => parse([...witness, 'quorum none'].join('\n'))).toThrow(refused);
  });
});
