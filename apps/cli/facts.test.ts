import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleFacts } from '#domain/manifest';
import { describe, expect, it } from '@jest/globals';
import { OfflineDesk } from '../../test/support/desk.js';

const desk = OfflineDesk.use();

describe('facts', () => {
  it('prints an example that seals', async () => {
    writeFileSync(join(desk.folder, 'a.img'), 'image');
    const { stdout } = await desk.amana('exhibit facts --all');
    writeFileSync(join(desk.folder, 'all.json'), stdout);
    expect((await desk.amana('exhibit seal a.img --facts all.json -o d')).code).toBe(0);
  });

  it('names all fields that are missing or wrong, on one line: exit 2', async () => {
    const facts = exampleFacts('required') as {
      seizure: Record<string, unknown>;
      legalBasis: Record<string, unknown>;
      exhibitNumber?: unknown;
    };
    delete facts.seizure.place;
    delete facts.legalBasis.offence;
    delete facts.exhibitNumber;
    facts.seizure.at = '20.11.2026';
    writeFileSync(join(desk.folder, 'facts.json'), JSON.stringify({ ...facts, shoeSize: 44 }));
    writeFileSync(join(desk.folder, 'a.img'), 'image');
    const { code, stdout, stderr } = await desk.amana('exhibit seal a.img --facts facts.json -o d');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^amana: facts\.json: [^\n]+; see `amana exhibit facts`\n$/);
    for (const path of ['exhibitNumber', 'seizure.place', 'legalBasis.offence']) {
      expect(stderr.match(new RegExp(`\\("${path}"\\) is missing`, 'g'))).toHaveLength(1);
    }
    for (const path of ['seizure.at', 'shoeSize']) expect(stderr).toContain(`"${path}"`);
  });

  it.each([
    ['trailing comma', '{"a":1,}'],
    ['two values', '{} {}'],
    ['a member twice', '{"a":1,"a":2}'],
    ['a byte order mark', '\ufeff{}'],
    ['nothing', ''],
    ['a list', '[]'],
  ])('are refused with %s: exit 2', async (_, text) => {
    writeFileSync(join(desk.folder, 'facts.json'), text);
    writeFileSync(join(desk.folder, 'a.img'), 'image');
    const { code, stderr } = await desk.amana('exhibit seal a.img --facts facts.json -o d');
    expect(code).toBe(2);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^amana: facts\.json: /);
  });
});
