import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../../apps/api/api.js';
import { apiInTest } from '../../support/api-in-test.js';
import { invite, type NewAgency } from '../../support/new-agency.js';

const given = apiInTest(createApi);

let agency: NewAgency;
/** Names in several scripts, one of them long, none of them in the order in which they come. */
const NAMES = ['zz', 'Ä', 'ص', 'a', 'Z', `l${'o'.repeat(250)}ng`, '1', ' ', '"', '\u{1F600}', 'a b', 'A'];
beforeAll(async () => {
  agency = await invite(given, 'GR');
  const { query } = given.world;
  for (const name of NAMES) {
    const [agreementId, teamId] = [randomUUID(), randomUUID()];
    await query(`INSERT INTO amana.agency (id, state, name, kind, contact) VALUES ($1, 'GR', $2, 'border', 'desk')`, [
      randomUUID(),
      name,
    ]);
    await query(
      `INSERT INTO amana.officer (id, agency_id, issuer, subject, email, name, roles) VALUES ($1, $2, 'i', $4, $3, 'x', '{investigator}')`,
      [randomUUID(), agency.id, `${name}-${NAMES.indexOf(name)}@example.org`, randomUUID()],
    );
    // Of one title and name all: then the id alone tells them apart.
    await query(
      `INSERT INTO amana.agreement (id, title, instrument, valid_from, valid_until) VALUES ($1, 'One', '{}', now(), now() + interval '1 day')`,
      [agreementId],
    );
    await query(`INSERT INTO amana.team (id, agreement_id, name) VALUES ($1, $2, 'One')`, [teamId, agreementId]);
    await query(`INSERT INTO amana.team_agency (team_id, agency_id) VALUES ($1, $2)`, [teamId, agency.id]);
  }
});

async function pagesOf(path: string, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const answer = await agency.admin.get(`${path}?limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    expect(answer.status).toBe(200);
    pages.push(answer.json.items.map(({ id }: { id: string }) => id));
    cursor = answer.json.next as string | null;
  }
  return pages;
}

describe.each(['/v1/agencies', '/v1/officers', '/v1/agreements', '/v1/teams'])('the list %s', (path) => {
  it('gives each once, in one order, whatever the size of the page', async () => {
    const whole = (await pagesOf(path, 200)).flat();
    expect(whole.length).toBeGreaterThanOrEqual(NAMES.length);
    expect(new Set(whole).size).toBe(whole.length);
    for (const limit of [1, 2, 5, whole.length, whole.length + 1]) {
      const pages = await pagesOf(path, limit);
      expect([limit, pages.flat()]).toEqual([limit, whole]);
      expect(pages).toHaveLength(Math.ceil(whole.length / limit));
    }
  });

  const foreign = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each<[query: string, code: string]>([
    ['limit=1000000000', 'page-size'],
    ['limit=201', 'page-size'],
    ['limit=0', 'page-size'],
    ['limit=1.5', 'page-size'],
    ['limit=', 'page-size'],
    ['limit=1&limit=2', 'page-size'],
    ['colour=GR', 'unknown-field'],
    ['__proto__=1', 'unknown-field'],
    ['cursor=x', 'malformed-request'],
    [`cursor=${foreign({})}`, 'malformed-request'],
    [`cursor=${foreign(['a', 'b', 'c'])}`, 'malformed-request'],
    [`cursor=${foreign([1, 2])}`, 'malformed-request'],
    [`cursor=${foreign(['a\0', 'b'])}`, 'malformed-request'],
    [`cursor=${foreign(['a\0'])}`, 'malformed-request'],
    [`cursor=${'x'.repeat(2001)}`, 'malformed-request'],
  ])('24 is refused with %s', async (query, code) => {
    const answer = await agency.admin.get(`${path}?${query}`);
    expect([answer.status, answer.json.code]).toEqual([400, code]);
  });
});

describe('a query', () => {
  it.each(['/v1?x=1', '/v1/officers/me?x', '/v1/agencies/mine/keys?limit=1'])(
    'is refused where none is read: %s',
    async (path) => {
      const answer = await agency.admin.get(path);
      expect([answer.status, answer.json.code]).toEqual([400, 'unknown-field']);
    },
  );

  it('24 is refused with a cursor of another list, and one that is no place in it', async () => {
    for (const value of [
      ['One', 'not an id'],
      ['One', "' OR 1=1"],
    ]) {
      const cursor = Buffer.from(JSON.stringify(value)).toString('base64url');
      for (const path of ['/v1/teams', '/v1/agreements'])
        expect((await agency.admin.get(`${path}?cursor=${cursor}`)).status).toBe(400);
    }
  });
});
