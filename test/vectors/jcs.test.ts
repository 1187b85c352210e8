import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { canonicalJson, parseStrictJson } from '#domain/manifest';
import { requires, vectors, vectorsFolder } from '../support/requires.js';

/**
 * RFC 8785's own pairs. Those with 1E30, which is an integer beyond 2^53 and so refused on purpose, run with that number
 * left out on both sides.
 */
const folder = join(vectorsFolder, 'jcs/testdata');
const read = (path: string): Buffer => readFileSync(join(folder, path));
const without = (bytes: Buffer, number: RegExp): Buffer => Buffer.from(bytes.toString().replace(number, ''));

requires(vectors('jcs'))('RFC 8785', () => {
  const names = readdirSync(join(folder, 'input'));

  it('has its six pairs', () => expect(names).toHaveLength(6));

  it.each(names)('%s', (name) => {
    const input = without(read(`input/${name}`), / 1E30,/);
    const output = without(read(`output/${name}`), /1e\+30,/);
    expect(Buffer.from(canonicalJson(parseStrictJson(input))).toString()).toBe(output.toString());
  });

  it('values.json as it stands is refused for its 1E30', () => {
    expect(() => parseStrictJson(read('input/values.json'))).toThrow(expect.objectContaining({ code: 'json-number' }));
  });
});

requires(vectors('naughty'))('the naughty strings', () => {
  it('survive canonical JSON', () => {
    const strings = JSON.parse(readFileSync(join(vectorsFolder, 'naughty/blns.json'), 'utf8')) as string[];
    expect(strings.length).toBeGreaterThan(500);
    expect(parseStrictJson(canonicalJson(strings))).toEqual(strings);
  });
});
