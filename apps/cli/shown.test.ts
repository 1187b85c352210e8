import { describe, expect, it } from '@jest/globals';
import { isolated, shown, shownJson, shownSize } from './shown.js';

describe('a text from elsewhere', () => {
  it.each([
    ['plain.txt', 'plain.txt'],
    ['صورة الهاتف.jpg', 'صورة الهاتف.jpg'],
    ['naïve 日本 👩', 'naïve 日本 👩'],
    ['\u001b[31mred\u001b[0m', '\\u{1b}[31mred\\u{1b}[0m'],
    ['a\r\nb\tc', 'a\\u{d}\\u{a}b\\u{9}c'],
    ['photo\u202egpj.exe', 'photo\\u{202e}gpj.exe'],
    ['a\u200bb\ufeffc\u2066d', 'a\\u{200b}b\\u{feff}c\\u{2066}d'],
    ['\u0085\u007f\u2028', '\\u{85}\\u{7f}\\u{2028}'],
    ['half \ud83d pair', 'half \\u{d83d} pair'],
  ])('%j is shown on one line, with what could do harm as its number', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('is kept apart where it runs from right to left', () => {
    expect(isolated('صورة')).toBe('\u2068صورة\u2069');
    expect(isolated('photo')).toBe('photo');
  });

  it('is in JSON the same value, and nothing raw', () => {
    const value = { 'a\u202e': ['\u001b[2J', '\u{1f469}', 'صورة', '\ufffb', '\ud800'] };
    const json = shownJson(value);
    expect(JSON.parse(json)).toEqual(value);
    expect(json).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e\ufffb]/);
  });
});

describe('a size', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [4 * 1024 ** 3, '4.0 GiB'],
    [3 * 1024 ** 5, '3072.0 TiB'],
  ])('%d is %s', (sizeBytes, words) => {
    expect(shownSize(sizeBytes)).toBe(words);
  });
});
