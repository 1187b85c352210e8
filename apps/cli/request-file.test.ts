import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { exampleForm, INSTRUMENTS } from '#domain/requests';
import { temporaryFolder } from '../../test/support/temporary-folder.js';
import { exampleFile, readRequestFile } from './request-file.js';

const TEAM = exampleForm('jit').teamId;

function read(content: unknown): unknown {
  const file = join(temporaryFolder('request'), 'request.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readRequestFile(file, () => TEAM);
}

describe('the file of a request', () => {
  it.each(INSTRUMENTS)('is what `request form %s` prints', (instrument) => {
    expect(read(exampleFile(instrument))).toMatchObject({ form: exampleForm(instrument) });
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /request\.json: /],
    ['a member twice', '{"to":"a","to":"b","form":{}}', /a member "to" for the second time/],
    ['nobody to ask', { form: exampleForm('mla') }, /to: /],
    ['no form', { to: 'a' }, /form: /],
    ['another member', { to: 'a', form: exampleForm('mla'), from: 'b' }, /Unrecognized key/],
    ['a form of no instrument', { to: 'a', form: {} }, /form\.instrument: .*see `amana request form INSTRUMENT`/],
    [
      'two faults, both named',
      { to: 'a', form: { ...exampleForm('mla'), facts: '', language: 'English' } },
      /form\.language: not an ISO 639 code; form\.facts: must say something/,
    ],
    ['a team where the instrument knows none', { to: 'a', team: 'T', form: exampleForm('mla') }, /teamId/],
  ])('is refused with %s', (_name, content, message) => {
    expect(() => read(content)).toThrow(message);
  });
});
