import { beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../../apps/api/api.js';
import { apiInTest } from '../../support/api-in-test.js';
import type { ApiClient } from '../../support/api-client.js';
import { inviterOf, mustBe, onboard, type OnboardedAgency } from '../../support/invited-agency.js';
import { fillDirectory } from '../../support/large-directory.js';

const given = apiInTest(createApi);

let agency: OnboardedAgency;
let client: ApiClient;
const POINTS = [
  {
    ...{ name: 'Sala operativa', role: 'soccorso in mare', phone: '+39065908', languages: ['it', 'pt-BR'] },
    hours: {
      kind: 'weekly',
      timeZone: 'Europe/Rome',
      spans: [{ days: [1, 2, 3, 4, 5], from: '08:00', until: '16:00' }],
    },
  },
];
const change = (body: unknown, headers: Record<string, string> = {}) =>
  patch(agency.admin.client, `/v1/agencies/${agency.id}`, body, headers);

async function patch(by: ApiClient, path: string, body: unknown, headers: Record<string, string>) {
  const seen = await by.get(path);
  return by.send('PATCH', path, JSON.stringify(body), {
    ...{ 'content-type': 'application/json', 'if-match': seen.headers.get('etag') ?? '"none"' },
    ...headers,
  });
}

beforeAll(async () => {
  await fillDirectory(given.world, 5000, 20_000);
  agency = await onboard(given, await inviterOf(given, 'ZZ'), { state: 'ZZ', name: 'Capitaneria di Porto' });
  client = agency.admin.client;
  mustBe(200, await change({ contactPoints: POINTS, competences: ['joint-investigation'] }));
});

describe('a search for agencies', () => {
  const found = async (query: string) => (await client.get(`/v1/agencies?limit=200&${query}`)).json.items;

  it.each<[string, boolean]>([
    ['q=capitan', true],
    ['q=CAPITANERIA porto', true],
    ['q=sala soccorso', true],
    ['q=capitan xyz', false],
    ['state=ZZ', true],
    ['state=ZZ&competence=joint-investigation', true],
    ['state=ZZ&competence=trial', false],
    ['state=ZZ&language=it', true],
    ['state=ZZ&language=pt-BR', true],
    ['state=ZZ&language=de', false],
    // In Rome it is an hour later than in UTC in winter, and two in summer: a Tuesday, a Sunday.
    ['q=capitan&openAt=2026-01-13T07:30:00.000Z', true],
    ['q=capitan&openAt=2026-07-14T06:30:00.000Z', true],
    ['q=capitan&openAt=2026-01-13T06:30:00.000Z', false],
    ['q=capitan&openAt=2026-01-13T15:00:00.000Z', false],
    ['q=capitan&openAt=2026-01-18T09:00:00.000Z', false],
    [`q=${encodeURIComponent("'); DROP TABLE x; --")}`, false],
    // Signs are no words.
    [`q=${encodeURIComponent('capitan & | ! <-> :* \\')}`, true],
    ['q=%40.-', false],
  ])('%s finds it: %s', async (query, isThere) => {
    const ids = (await found(query)).map(({ id }: { id: string }) => id);
    expect(ids.includes(agency.id)).toBe(isThere);
  });

  it.each(['state=zz', 'competence=magic', 'language=english', 'language=PT-br', 'openAt=now', 'q=', 'name=a'])(
    'refuses ?%s',
    async (query) => {
      expect((await client.get(`/v1/agencies?${query}`)).status).toBe(400);
    },
  );

  it('goes by an index, whichever way it is asked', async () => {
    const planOf = async (where: string) =>
      JSON.stringify(
        await given.world.query(`EXPLAIN SELECT id FROM amana.agency WHERE ${where} ORDER BY state, name LIMIT 51`),
      );
    expect(await planOf(`search @@ to_tsquery('simple', '''sector'':*')`)).toContain('agency_by_words');
    expect(await planOf(`competences @> ARRAY['asset-recovery']`)).toContain('agency_by_competence');
    expect(await planOf(`languages @> ARRAY['mt']`)).toContain('agency_by_language');
    expect(await planOf(`state = 'AB'`)).toContain('agency_listing');
    const [officers] = [
      JSON.stringify(
        await given.world.query(
          `EXPLAIN SELECT id FROM amana.officer WHERE agency_id = $1 AND search @@ to_tsquery('simple', '''off'':*') ORDER BY email, id LIMIT 51`,
          [agency.id],
        ),
      ),
    ];
    expect(officers).toContain('officer_by_');
    expect(officers).not.toContain('Seq Scan');
  });
});

describe('contact points', () => {
  const [point] = POINTS;
  const weekly = (span: object, timeZone = 'Africa/Tripoli') => ({
    contactPoints: [{ ...point, hours: { kind: 'weekly', timeZone, spans: [span] } }],
  });
  const day = { days: [1], from: '08:00', until: '16:00' };
  it.each<[string, unknown]>([
    ['nothing', {}],
    ['a field nobody knows', { contact: 'x' }],
    ['a name of its own choice', { name: 'Another' }],
    ['a language that is none', { contactPoints: [{ ...point, languages: ['english'] }] }],
    ['a language twice', { contactPoints: [{ ...point, languages: ['ar', 'ar'] }] }],
    ['no language', { contactPoints: [{ ...point, languages: [] }] }],
    ['a telephone number with blanks', { contactPoints: [{ ...point, phone: '+39 06' }] }],
    ['no way to be reached', { contactPoints: [{ ...point, phone: undefined }] }],
    ['a blank name', { contactPoints: [{ ...point, name: ' ' }] }],
    ['a bell in a name', { contactPoints: [{ ...point, name: 'a\u0007' }] }],
    ['a zone that is none', weekly(day, 'Africa/Atlantis')],
    ['an offset for a zone', weekly(day, '+02:00')],
    ['a short name for a zone', weekly(day, 'EST')],
    ['hours that end before they begin', weekly({ ...day, until: '07:00' })],
    ['hours past midnight', weekly({ ...day, until: '25:00' })],
    ['an eighth day', weekly({ ...day, days: [8] })],
    ['a day twice', weekly({ ...day, days: [1, 1] })],
    ['a competence that is none', { competences: ['magic'] }],
  ])('are refused with %s', async (_, body) => {
    expect((await change(body)).status).toBe(400);
  });

  it('are changed by an administrator of the agency itself, who saw what is there', async () => {
    const path = `/v1/agencies/${agency.id}`;
    const stranger = await inviterOf(given, 'ZZ');
    expect((await patch(stranger, path, { competences: [] }, {})).status).toBe(403);
    expect((await change({ competences: [] }, { 'if-match': '"stale"' })).status).toBe(412);
    const own = await change({ competences: ['central-authority'] });
    expect([own.status, own.json.rule]).toEqual([403, 'not-inviting-authority']);
  });
});
