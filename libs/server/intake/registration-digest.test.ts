import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { RegisterExhibit } from '#domain/contract';
import { canonicalJson, exampleFacts } from '#domain/manifest';
import { registrationSha256 } from './registration-digest.js';

function registration(count: number, more: object = {}): RegisterExhibit {
  return RegisterExhibit.parse({
    ...{ id: randomUUID(), number: 'EX-1', caseNumber: 'ق-٧', facts: exampleFacts('all') },
    ...more,
    files: Array.from({ length: count }, (_, at) => ({
      id: randomUUID(),
      name: `صورة "${at}"\n\u20ac.jpg`,
      ...(at % 2 === 0 && { nameBase64: 'AAAA' }),
      mediaType: 'image/jpeg',
      sizeBytes: at,
      sealedSizeBytes: at + 32,
      header: 'AAAA',
    })),
  });
}

describe('the digest of a registration', () => {
  it.each<[name: string, body: RegisterExhibit]>([
    ['one file', registration(1)],
    ['several turns of files', registration(1200)],
    ['a team and what it supersedes', registration(2, { teamId: randomUUID(), supersedes: randomUUID() })],
  ])('is that of its canonical JSON: %s', async (_name, body) => {
    const whole = createHash('sha256').update(canonicalJson(body)).digest('hex');
    expect((await registrationSha256(body)).toString('hex')).toBe(whole);
  });

  it('does not depend on the order of members, and does on that of the files', async () => {
    const { files, ...rest } = registration(2);
    const one = await registrationSha256({ ...rest, files });
    expect(await registrationSha256({ files, ...rest })).toEqual(one);
    expect(await registrationSha256({ ...rest, files: [...files].reverse() })).not.toEqual(one);
  });
});
