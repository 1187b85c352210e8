import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from './config.js';

const agencyId = '0a0b9c1e-3f44-4a0e-9d53-7c1a6c1f0001';
const environment = {
  AMANA_DATABASE_URL: 'postgres://amana_app@127.0.0.1/amana',
  AMANA_STORE: 'file:///var/lib/amana',
  AMANA_ISSUER: 'https://login.example',
  AMANA_PUBLIC_URL: 'https://amana.example',
  AMANA_LOG_ORIGIN: 'amana.example/log/2026a',
};
const good = {
  issuer: 'https://login.example',
  agencyClaim: 'organisation',
  agencies: { 'border-dept': agencyId },
  roleClaim: 'groups',
  roles: { 'amana-investigators': 'investigator' },
};
const read = (map: string) => readConfig({ ...environment, AMANA_IDENTITY_MAP: map });

function faultOf(map: unknown): string {
  try {
    read(typeof map === 'string' ? map : JSON.stringify(map));
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.join('\n');
    throw error;
  }
  return 'none';
}

describe('the map of claims', () => {
  it('is nothing unless it is given', () => {
    expect(readConfig(environment).identityMap).toBeNull();
  });

  it('knows officers by `sub` unless it names another claim; roles may be left to the agency', () => {
    expect(read(JSON.stringify(good)).identityMap).toEqual({ ...good, subjectClaim: 'sub' });
    const { roleClaim: _claim, roles: _roles, ...agencyAlone } = good;
    expect(read(JSON.stringify({ ...agencyAlone, subjectClaim: 'personnel_number' })).identityMap).toEqual({
      ...agencyAlone,
      subjectClaim: 'personnel_number',
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /expected object/],
    ['a list', [], /expected object/],
    ['a member twice', `{"issuer":"https://login.example",${JSON.stringify(good).slice(1)}`, /expected object/],
    ['an unknown member', { ...good, trustAll: true }, /Unrecognized key/],
    ['no issuer', { ...good, issuer: undefined }, /issuer/],
    ['another issuer', { ...good, issuer: 'https://other.example' }, /must be AMANA_ISSUER/],
    ['the issuer with a slash more', { ...good, issuer: 'https://login.example/' }, /must be AMANA_ISSUER/],
    ['no claim of the agency', { ...good, agencyClaim: undefined }, /agencyClaim/],
    ['no agencies', { ...good, agencies: {} }, /agencies: must name an agency/],
    ['an agency by its name', { ...good, agencies: { a: 'Border Department' } }, /agencies: a/],
    ['an agency that is a role', { ...good, agencies: { a: 'investigator' } }, /agencies: a/],
    ['a value of no length', { ...good, agencies: { '': agencyId } }, /agencies/],
    ['a role that there is not', { ...good, roles: { a: 'superuser' } }, /roles: a/],
    ['a list of roles', { ...good, roles: { a: ['investigator'] } }, /roles: a/],
    ['no roles', { ...good, roles: {} }, /roles: must name a role/],
    ['roles without their claim', { ...good, roleClaim: undefined }, /roleClaim and roles go together/],
    ['a claim of roles without roles', { ...good, roles: undefined }, /roleClaim and roles go together/],
    ['agency and roles in one claim', { ...good, roleClaim: 'organisation' }, /must be three claims/],
    ['the subject as the agency', { ...good, subjectClaim: 'organisation' }, /must be three claims/],
    ...['email', 'preferred_username', 'upn', 'name'].map((subjectClaim): [string, unknown, RegExp] => [
      `officers known by ${subjectClaim}`,
      { ...good, subjectClaim },
      /subjectClaim: must not be a claim that can change/,
    ]),
    ...['scope', 'acr', 'client_id'].map((roleClaim): [string, unknown, RegExp] => [
      `roles in ${roleClaim}`,
      { ...good, roleClaim },
      /roleClaim: must not be a claim of the protocol/,
    ]),
    ['a claim with a space', { ...good, agencyClaim: 'my agency' }, /agencyClaim: must be the name of a claim/],
  ])('is refused with %s', (_what, map, fault) => {
    expect(faultOf(map)).toMatch(/^AMANA_IDENTITY_MAP: /);
    expect(faultOf(map)).toMatch(fault);
  });
});
