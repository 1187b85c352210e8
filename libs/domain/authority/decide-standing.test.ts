import { describe, expect, it } from '@jest/globals';
import type { AgencyId, OfficerId } from '#domain/evidence';
import type { OfficerRole } from '#domain/custody';
import { decideStanding, type Standing } from './decide-standing.js';
import type { ActingOfficer } from './facts.js';

function officer(certified: boolean, ...roles: OfficerRole[]): ActingOfficer {
  return { officerId: 'officer' as OfficerId, agencyId: 'agency' as AgencyId, state: 'IT', roles, certified };
}

describe('decideStanding', () => {
  it.each<[Standing, boolean, OfficerRole[], string]>([
    ['known', false, ['defence'], 'own-agency'],
    ['member', true, ['investigator'], 'own-agency'],
    ['member', false, ['investigator'], 'officer-not-certified'],
    ['member', false, ['agency-admin'], 'officer-not-certified'],
    ['member', true, ['defence'], 'role-not-entitled'],
    ['member', true, [], 'role-not-entitled'],
    ['member', true, ['defence', 'prosecutor'], 'own-agency'],
    ['key-holder', true, ['approver'], 'own-agency'],
    ['key-holder', false, ['agency-admin'], 'own-agency'],
    ['key-holder', false, ['investigator'], 'officer-not-certified'],
    ['key-holder', true, ['defence'], 'role-not-entitled'],
    ['overseer', true, ['auditor'], 'oversight'],
    ['overseer', false, ['auditor'], 'officer-not-certified'],
    ['overseer', true, ['agency-admin'], 'role-not-entitled'],
  ])('%s, certified: %s, %j: %s', (standing, certified, roles, rule) => {
    expect(decideStanding(standing, officer(certified, ...roles)).rule).toBe(rule);
  });
});
