import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { sampleExhibit, type SampleExhibit } from '../../support/sample-exhibit.js';
import { apiInTest } from '../../support/api-in-test.js';
import { createApi } from '../../../apps/api/api.js';

const given = apiInTest(createApi);
const register = (exhibit: SampleExhibit, headers = {}) =>
  given.client.post('/v1/exhibits', exhibit.registration, headers);

describe('a registration', () => {
  it('names every fact that is missing or wrong', async () => {
    const { registration } = await sampleExhibit(given.investigator);
    const { seizure: _, ...facts } = registration.facts;
    const answer = await given.client.post('/v1/exhibits', {
      ...registration,
      facts: { ...facts, exhibitNumber: 7, colour: 'red' },
    });
    expect([answer.status, answer.json.code]).toEqual([422, 'facts-incomplete']);
    const paths = answer.json.faults.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(expect.arrayContaining(['seizure.at', 'seizure.place', 'exhibitNumber', 'colour']));
    const other = await given.client.post('/v1/exhibits', { ...registration, number: 'other' });
    expect([other.status, other.json.faults[0].path]).toEqual([422, 'exhibitNumber']);
  });

  type Registration = SampleExhibit['registration'];
  const firstFile = (registration: Registration, changes: object) => ({
    ...registration,
    files: registration.files.map((file, at) => (at === 0 ? { ...file, ...changes } : file)),
  });
  it.each<[name: string, change: (registration: Registration) => object, code: string, path: string]>([
    ['14 an agency', (r) => ({ ...r, agencyId: randomUUID() }), 'unknown-field', ''],
    ['14 a state', (r) => ({ ...r, state: 'sealed' }), 'unknown-field', ''],
    ['14 grants in a file', (r) => firstFile(r, { grants: [] }), 'unknown-field', 'files.0'],
    ['no files', (r) => ({ ...r, files: [] }), 'malformed-request', 'files'],
    ['an upper-case id', (r) => ({ ...r, id: r.id.toUpperCase() }), 'malformed-request', 'id'],
    ['a negative size', (r) => firstFile(r, { sizeBytes: -1 }), 'malformed-request', 'files.0.sizeBytes'],
    ['half a byte', (r) => firstFile(r, { sizeBytes: 0.5 }), 'malformed-request', 'files.0.sizeBytes'],
    ['a size as text', (r) => firstFile(r, { sizeBytes: '1' }), 'malformed-request', 'files.0.sizeBytes'],
    [
      'a sealed size too small',
      (r) => firstFile(r, { sealedSizeBytes: 31 }),
      'malformed-request',
      'files.0.sealedSizeBytes',
    ],
    [
      'a sealed size of another file',
      (r) => firstFile(r, { sealedSizeBytes: 9999 }),
      'malformed-request',
      'files.0.sealedSizeBytes',
    ],
    [
      'a key that is no age header',
      (r) => firstFile(r, { header: Buffer.from('age?').toString('base64') }),
      'malformed-request',
      'files.0.header',
    ],
    [
      'a key with bytes after it',
      (r) =>
        firstFile(r, {
          header: Buffer.concat([Buffer.from(r.files[0]?.header ?? '', 'base64'), Buffer.from('x')]).toString('base64'),
        }),
      'malformed-request',
      'files.0.header',
    ],
    [
      'a key in loose base64',
      (r) => firstFile(r, { header: `${r.files[0]?.header}\n` }),
      'malformed-request',
      'files.0.header',
    ],
    ['an empty name', (r) => firstFile(r, { name: '' }), 'malformed-request', 'files.0.name'],
    [
      'a name of 4097 bytes',
      (r) => firstFile(r, { name: `${'ص'.repeat(2048)}x` }),
      'malformed-request',
      'files.0.name',
    ],
    [
      'exact bytes of another name',
      (r) => firstFile(r, { nameBase64: Buffer.from('other\xff', 'latin1').toString('base64') }),
      'malformed-request',
      'files.0.name',
    ],
    [
      'an id twice',
      (r) => ({ ...r, files: [...r.files, { ...r.files[0], name: 'other' }] }),
      'malformed-request',
      'files.1.id',
    ],
    [
      'a name twice',
      (r) => ({ ...r, files: [...r.files, { ...r.files[0], id: randomUUID() }] }),
      'malformed-request',
      'files.1.name',
    ],
  ])('refuses %s', async (_name, change, code, path) => {
    const { registration } = await sampleExhibit(given.investigator);
    const answer = await given.client.post('/v1/exhibits', change(registration));
    expect([answer.status, answer.json.code]).toEqual([400, code]);
    expect(answer.json.faults.map((fault: { path: string }) => fault.path)).toContain(path);
    expect((await given.client.get(`/v1/exhibits/${registration.id}`)).status).toBe(404);
  });

  it('takes names as they are (bad-input.md 59 to 74) and gives them back byte by byte', async () => {
    const names = [
      'photo\u202Egpj.exe',
      'صورة من كاميرا المراقبة ١٢.jpg',
      '\u200Fملف\u061C.pdf',
      '../../etc/passwd',
      'C:\\x',
      'CON',
      'trailing.',
      'trailing ',
      'x'.repeat(255),
      'x'.repeat(256),
      'caf\u00E9.txt',
      'cafe\u0301.txt',
      'line\r\nbreak.txt',
      `quotes'"\`.txt`,
      'zero\u200Bwidth.txt',
      'homoglyph.\u0435xe',
      '-rf',
      '\u001B[31mred\u001B[0m',
      '=cmd()',
      '{"a":1}',
      'NULL',
      'back\\slash,comma{brace}',
      '\uFEFFmark.txt',
      '👩🏽‍🚀.png',
    ];
    const files = names.map((name, at) => ({ name, sizeBytes: at }));
    const exhibit = await sampleExhibit(given.investigator, { files });
    expect((await register(exhibit)).status).toBe(201);
    const shown = await given.client.get(`/v1/exhibits/${exhibit.id}`);
    expect(shown.json.files.map(({ name }: { name: string }) => name)).toEqual(names);
    expect((await given.client.post(`/v1/exhibits/${exhibit.id}/manifest`, exhibit.jws)).status).toBe(200);
  });

  it('takes names that are not UTF-8', async () => {
    const bytes = Buffer.from([0x66, 0xff, 0x2e, 0x74]);
    const exact = { name: 'f\uFFFD.t', nameBase64: bytes.toString('base64') };
    const { registration } = await sampleExhibit(given.investigator);
    const answer = await given.client.post('/v1/exhibits', {
      ...registration,
      files: registration.files.map((file) => ({ ...file, ...exact })),
    });
    expect(answer.status).toBe(201);
    expect((await given.client.get(`/v1/exhibits/${registration.id}`)).json.files[0]).toMatchObject(exact);
  });
});
