import { describe, expect, it } from '@jest/globals';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { formatNote, MAX_NOTE_SIZE_BYTES, parseNote, parseSignatureLines } from './note.js';

const bytes = (text: string): Uint8Array => utf8ToBytes(text);
const line = '— a.example/log AAAAAAE=\n';
const good = `text\n\n${line}`;

describe('signed notes', () => {
  it('are split at the last blank line', () => {
    expect(parseNote(bytes(`one\n\ntwo\n\n${line}— b AAAAAgME\n`))).toEqual({
      text: 'one\n\ntwo\n',
      signatures: [
        { name: 'a.example/log', keyId: '00000000', bytes: Uint8Array.of(1) },
        { name: 'b', keyId: '00000002', bytes: Uint8Array.of(3, 4) },
      ],
    });
  });

  it('come back as they went', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[\p{White_Space}+\x00-\x1f]/u.test(text));
    const signature = fc.record({
      name,
      keyId: fc.stringMatching(/^[0-9a-f]{8}$/),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    });
    const text = fc.string({ unit: 'grapheme' }).map((text) => `${text.replaceAll(/[\x00-\x1f]/g, '\n')}\n`);
    fc.assert(
      fc.property(text, fc.array(signature, { minLength: 1, maxLength: 5 }), (text, signatures) => {
        expect(parseNote(formatNote({ text, signatures }))).toEqual({ text, signatures });
      }),
    );
  });

  it('may begin with a byte order mark, which is text like any other', () => {
    expect(parseNote(bytes(`\ufeff${good}`)).text).toBe('\ufefftext\n');
  });

  it.each([
    ['nothing', ''],
    ['a text alone', 'text\n'],
    ['no blank line', `text\n${line}`],
    ['no signature', 'text\n\n'],
    ['no final newline', good.slice(0, -1)],
    ['a line after the signatures', `${good}more\n`],
    ['a blank line after the signatures', `${good}\n`],
    ['a carriage return in the text', `te\rxt\n\n${line}`],
    ['CRLF', good.replaceAll('\n', '\r\n')],
    ['a tab', `te\txt\n\n${line}`],
    ['a NUL', `te\0xt\n\n${line}`],
    ['an escape', `te\u001b[31mxt\n\n${line}`],
    ['a hyphen for the dash', good.replace('—', '-')],
    ['an en dash for the dash', good.replace('—', '–')],
    ['no space after the dash', good.replace('— ', '—')],
    ['a space before the dash', good.replace('—', ' —')],
    ['two spaces before the base64', good.replace('log A', 'log  A')],
    ['a space after the base64', good.replace('=\n', '= \n')],
    ['a no-break space in the name', good.replace('a.example', 'a.\u00a0example')],
    ['a plus in the name', good.replace('a.example', 'a+example')],
    ['no name', 'text\n\n—  AAAAAAE=\n'],
    ['no base64', 'text\n\n— a.example/log\n'],
    ['an empty base64', 'text\n\n— a.example/log \n'],
    ['a key id alone', 'text\n\n— a.example/log AAAAAA==\n'],
    ['no padding', 'text\n\n— a.example/log AAAAAAE\n'],
    ['set bits after the last byte', 'text\n\n— a.example/log AAAAAAF=\n'],
    ['base64url', 'text\n\n— a.example/log __8AAAE=\n'],
  ])('are refused with %s', (_, note) => {
    expect(() => parseNote(bytes(note))).toThrow(expect.objectContaining({ code: 'malformed-note' }));
  });

  it.each([
    ['a byte that is no UTF-8', [0xff]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a character cut short', [0xe2, 0x80]],
  ])('are refused with %s', (_, wrong) => {
    const note = concatBytes(Uint8Array.from(wrong), bytes(good));
    expect(() => parseNote(note)).toThrow(expect.objectContaining({ code: 'malformed-note' }));
  });

  it('have up to 64 signatures', () => {
    expect(parseNote(bytes(`text\n\n${line.repeat(64)}`)).signatures).toHaveLength(64);
    const refused = expect.objectContaining({ code: 'note-too-large' });
    expect(() => parseNote(bytes(`text\n\n${line.repeat(65)}`))).toThrow(refused);
    expect(() => parseSignatureLines(line.repeat(65))).toThrow(refused);
  });

  it('have up to 512 KiB', () => {
    const largest = `${'x'.repeat(MAX_NOTE_SIZE_BYTES - good.length - 2)}${good}`; // the dash has two bytes more
    expect(bytes(largest)).toHaveLength(MAX_NOTE_SIZE_BYTES);
    expect(parseNote(bytes(largest)).signatures).toHaveLength(1);
    expect(() => parseNote(bytes(`x${largest}`))).toThrow(expect.objectContaining({ code: 'note-too-large' }));
  });

  it.each([
    [
      'a text that does not end',
      { text: 'text', signatures: [{ name: 'a', keyId: '00000000', bytes: Uint8Array.of(1) }] },
    ],
    ['no signature', { text: 'text\n', signatures: [] }],
    ['a carriage return', { text: 'a\r\n', signatures: [{ name: 'a', keyId: '00000000', bytes: Uint8Array.of(1) }] }],
    ['a lone surrogate', { text: '\ud800\n', signatures: [{ name: 'a', keyId: '00000000', bytes: Uint8Array.of(1) }] }],
    ['a bad name', { text: 'text\n', signatures: [{ name: 'a b', keyId: '00000000', bytes: Uint8Array.of(1) }] }],
    [
      'an empty signature',
      { text: 'text\n', signatures: [{ name: 'a', keyId: '00000000', bytes: new Uint8Array(0) }] },
    ],
  ])('are not written with %s', (_, note) => {
    expect(() => formatNote(note)).toThrow(expect.objectContaining({ code: 'malformed-note' }));
  });
});
