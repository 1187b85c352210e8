import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OFFICER_ROLES, type OfficerRole } from '#domain/custody';
import { AgencyId, OfficerId } from '#domain/evidence';
import type { IdentityMap } from '#server/config';
import type { SignedInOfficer } from './officers.js';
import { asVouched, vouchedBy } from './vouched.js';

const own = AgencyId.parse('0a0b9c1e-3f44-4a0e-9d53-7c1a6c1f0001');
const foreign = AgencyId.parse('0a0b9c1e-3f44-4a0e-9d53-7c1a6c1f0002');
const map: IdentityMap = {
  issuer: 'https://login.example',
  subjectClaim: 'sub',
  agencyClaim: 'organisation',
  agencies: { border: own, customs: foreign },
  roleClaim: 'groups',
  roles: { 'g-investigators': 'investigator', 'g-approvers': 'approver', 'g-admins': 'agency-admin' },
};
const officer = (roles: readonly OfficerRole[] = ['investigator', 'prosecutor']): SignedInOfficer => ({
  ...{ officerId: OfficerId.parse('0a0b9c1e-3f44-4a0e-9d53-7c1a6c1f0003'), agencyId: own, state: 'LY', roles },
  ...{ certified: true, name: 'S. Haddad', email: 'haddad@border.example', filterTeam: false },
});
const rolesFor = (claims: Record<string, unknown>, by: IdentityMap = map) =>
  asVouched(officer(), vouchedBy(by, claims))?.roles ?? null;

describe('what a provider vouches for', () => {
  it.each<[string, Record<string, unknown>, readonly OfficerRole[] | null]>([
    ['a role that was certified', { organisation: 'border', groups: ['g-investigators'] }, ['investigator']],
    ['one group as a text', { organisation: 'border', groups: 'g-investigators' }, ['investigator']],
    [
      'the agency among others',
      { organisation: ['x', 'customs', 'border'], groups: 'g-investigators' },
      ['investigator'],
    ],
    [
      'a role more than was certified',
      { organisation: 'border', groups: ['g-investigators', 'g-admins'] },
      ['investigator'],
    ],
    ['only roles that were not certified', { organisation: 'border', groups: ['g-approvers', 'g-admins'] }, []],
    [
      'a role by its own name, not by the group',
      { organisation: 'border', groups: ['investigator', 'prosecutor'] },
      [],
    ],
    ['no groups', { organisation: 'border' }, []],
    ['groups that are no texts', { organisation: 'border', groups: [7, null, { 'g-investigators': true }] }, []],
    ['groups that are an object', { organisation: 'border', groups: { 0: 'g-investigators', length: 1 } }, []],
    ['groups named like what objects have', { organisation: 'border', groups: ['constructor', '__proto__'] }, []],
    ['more groups than anybody is in', { organisation: 'border', groups: Array(257).fill('g-investigators') }, []],
    ['a foreign agency', { organisation: 'customs', groups: ['g-investigators'] }, null],
    ['an agency that the map does not have', { organisation: 'navy', groups: ['g-investigators'] }, null],
    ['the agency by its id', { organisation: own, groups: ['g-investigators'] }, null],
    ['no agency', { groups: ['g-investigators'] }, null],
    ['an agency named like what objects have', { organisation: 'toString', groups: ['g-investigators'] }, null],
  ])('for %s', (_what, claims, roles) => {
    expect(rolesFor(claims)).toEqual(roles);
  });

  it('leaves the roles to the agency where the map does not speak of roles', () => {
    const { roleClaim: _claim, roles: _roles, ...agencyAlone } = map;
    expect(rolesFor({ organisation: 'border', groups: ['g-admins'] }, agencyAlone)).toEqual([
      'investigator',
      'prosecutor',
    ]);
    expect(rolesFor({ organisation: 'customs' }, agencyAlone)).toBeNull();
  });

  it('is never more than the agency certified, whatever a token claims, and nobody of a foreign agency', () => {
    const text = fc.oneof(fc.constantFrom(...Object.keys(map.agencies), ...Object.keys(map.roles ?? {})), fc.string());
    const claimed = fc.oneof(text, fc.array(fc.oneof(text, fc.jsonValue())), fc.jsonValue());
    fc.assert(
      fc.property(fc.subarray([...OFFICER_ROLES]), claimed, claimed, (roles, organisation, groups) => {
        const certified = officer(roles);
        const seen = asVouched(certified, vouchedBy(map, { organisation, groups }));
        if (seen === null) return;
        expect([organisation].flat()).toContain('border');
        expect(roles).toEqual(expect.arrayContaining([...seen.roles]));
        expect({ ...seen, roles: certified.roles }).toEqual(certified);
      }),
      { numRuns: 2_000 },
    );
  });
});
