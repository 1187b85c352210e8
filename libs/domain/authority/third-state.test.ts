import { describe, expect, it } from '@jest/globals';
import type { AgencyId, ExhibitId, GrantId, OfficerId, TeamId } from '#domain/evidence';
import { decideRelease } from './decide-release.js';
import type { ActingOfficer, GrantFacts } from './facts.js';
import { crossesThirdState, denialByNecessity, denialByThirdState } from './third-state.js';

const [HOME, ABROAD, ELSEWHERE] = ['home', 'abroad', 'elsewhere'] as AgencyId[] as [AgencyId, AgencyId, AgencyId];
const NOW = new Date('2026-11-24T12:00:00.000Z');
const LATER = new Date('2026-12-24T00:00:00.000Z');
const agreement: GrantFacts['agreement'] = {
  teamId: 'team' as TeamId,
  parties: [HOME, ABROAD, ELSEWHERE],
  ...{ purposes: ['trial'], clauses: ['4'], suspended: false },
  ...{ validFrom: new Date('2026-11-01'), validUntil: LATER },
  ...{ suspendedBy: [], endedFor: [], thirdStateParties: [ABROAD] },
};
const grant: GrantFacts = {
  grantId: 'grant' as GrantId,
  state: 'approved',
  exhibitIds: ['exhibit' as ExhibitId],
  ...{ fromAgencyId: HOME, toAgencyId: ABROAD },
  ...{ proposedBy: 'proposer' as OfficerId, approvedBy: 'approver' as OfficerId },
  ...{ purpose: 'trial', agreedPurpose: 'trial', legalBasis: 'JIT', clause: null, necessity: 'the trial rests on it' },
  ...{ validFrom: NOW, expiresAt: LATER, undertaken: false, releasedBy: null, agreement },
};
const clerk: ActingOfficer = {
  officerId: 'clerk' as OfficerId,
  ...{ agencyId: HOME, state: 'IT', roles: ['prosecutor'], certified: true },
};
const upload = { ...grant, fromAgencyId: ABROAD, toAgencyId: HOME };

describe('the gate of third states', () => {
  it.each<[string, Partial<GrantFacts>, boolean]>([
    ['what goes to one', {}, true],
    ['what comes from one', upload, true],
    ['nothing between others', { toAgencyId: ELSEWHERE }, false],
    ['nothing under an agreement that marks none', { agreement: { ...agreement, thirdStateParties: [] } }, false],
  ])('holds %s', (_name, changes, held) => {
    const it = { ...grant, ...changes };
    expect(crossesThirdState(it)).toBe(held);
    expect(denialByThirdState(it)?.rule).toBe(held ? 'third-state-release-missing' : undefined);
    expect(denialByThirdState({ ...it, releasedBy: clerk.officerId })).toBeNull();
    expect(denialByNecessity({ ...it, necessity: ' . ' })?.rule).toBe(
      held ? 'third-state-necessity-missing' : undefined,
    );
    expect(denialByNecessity(it)).toBeNull();
  });

  it.each<[string, Partial<GrantFacts>, Partial<ActingOfficer>, administers: boolean, string]>([
    ['an administrator of the side that gives', {}, {}, true, 'own-agency'],
    ['an administrator of the side that receives from one', upload, {}, true, 'own-agency'],
    ['not who administers nothing', {}, {}, false, 'not-team-administrator'],
    ['not the third state itself', {}, { agencyId: ABROAD }, true, 'not-team-administrator'],
    ['nobody of a party that is no side of it', {}, { agencyId: ELSEWHERE }, true, 'no-grant'],
    [
      'nobody between two third states',
      { agreement: { ...agreement, thirdStateParties: [HOME, ABROAD] } },
      {},
      true,
      'not-team-administrator',
    ],
    ['not who proposed it', { proposedBy: clerk.officerId }, {}, true, 'own-proposal'],
    ['not who approved it', { approvedBy: clerk.officerId }, {}, true, 'own-proposal'],
    ['nobody without a certificate', {}, { certified: false }, true, 'officer-not-certified'],
    ['nobody once it has expired', { expiresAt: NOW }, {}, true, 'grant-expired'],
    [
      'nobody while a side has suspended its part',
      { agreement: { ...agreement, suspendedBy: [ABROAD] } },
      {},
      true,
      'agreement-not-in-force',
    ],
    ['nobody without a statement of necessity', { necessity: null }, {}, true, 'third-state-necessity-missing'],
  ])('is opened by %s', (_name, changes, who, administers, rule) => {
    expect(decideRelease({ ...grant, ...changes }, { ...clerk, ...who }, administers, NOW).rule).toBe(rule);
  });
});
