import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { ApiClient, PUBLIC_URL } from '../support/api-client.js';

let world: TestWorld;
let api: TestApi;
beforeAll(async () => {
  world = await openWorld();
  const { tripoli, rome } = world.directory;
  const map = {
    issuer: world.issuer.url,
    subjectClaim: 'personnel_number',
    agencyClaim: 'organisation',
    agencies: { tripoli: tripoli.id, rome: rome.id },
    roleClaim: 'groups',
    roles: { investigators: 'investigator', auditors: 'auditor' },
  };
  const environment = { ...world.environment, AMANA_IDENTITY_MAP: JSON.stringify(map) };
  api = await startApi({ ...world, environment }, createApi);
});
afterAll(async () => {
  delete process.env.AMANA_IDENTITY_MAP;
  await api?.stop();
  await world?.end();
});

/** As the investigator in Tripoli, whom the provider knows by another name than their agency. */
async function as(claims: Record<string, unknown>): Promise<ApiClient> {
  const { subject } = world.directory.tripoli.investigator;
  const token = await world.issuer.tokenFor('provider-7', PUBLIC_URL, { personnel_number: subject, ...claims });
  return new ApiClient(api.baseUrl, token);
}
const me = async (claims: Record<string, unknown>) => (await (await as(claims)).get('/v1/officers/me')).status;
/** What only an auditor is shown. */
const reviews = async (claims: Record<string, unknown>) => (await (await as(claims)).get('/v1/reviews')).status;
const well = { organisation: 'tripoli', groups: ['investigators'] };

describe('claims of a provider that the configuration gives a meaning', () => {
  it('say which officer it is, and of which of its agencies', async () => {
    expect(await me(well)).toBe(200);
    expect(await me({ ...well, organisation: ['rome', 'tripoli'] })).toBe(200);
  });

  it('do not widen what the agency certified', async () => {
    expect(await me({ ...well, groups: ['investigators', 'auditors'] })).toBe(200);
    expect(await reviews({ ...well, groups: ['investigators', 'auditors'] })).toBe(403);
  });

  it('take away: a role that was certified and is not vouched for is not there', async () => {
    const auditor = { ...well, personnel_number: world.directory.tripoli.auditor.subject };
    const seen = [['auditors'], ['investigators'], [], undefined].map((groups) => reviews({ ...auditor, groups }));
    expect(await Promise.all(seen)).toEqual([200, 403, 403, 403]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['of a foreign agency that the provider speaks for too', { organisation: 'rome' }],
    ['of no agency', { organisation: undefined }],
    ['of an agency that the provider does not speak for', { organisation: 'misrata' }],
    ['without the claim that the directory knows officers by', { personnel_number: undefined }],
    ['with a list of such claims', { personnel_number: ['a', 'b'] }],
  ])('refuse a token %s, whatever roles it claims', async (_what, claims) => {
    expect(await me({ ...well, ...claims })).toBe(401);
  });

  it('are of no use to an officer whose agency the provider does not speak for', async () => {
    const { subject } = world.directory.stranger.investigator;
    expect(await me({ ...well, personnel_number: subject })).toBe(401);
  });

  it('do not make `sub` an officer: it names the person to the provider alone', async () => {
    const { subject } = world.directory.tripoli.investigator;
    expect(await me({ ...well, sub: subject, personnel_number: 'nobody' })).toBe(401);
  });
});
