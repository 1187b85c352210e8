import { describe, expect, it } from '@jest/globals';
import type { AgencyId, ExhibitId, TeamId } from '#domain/evidence';
import { decideProposal, type Proposal } from './decide-grant.js';

const HOLDER = 'holder' as AgencyId;
const RECIPIENT = 'recipient' as AgencyId;
const NOW = new Date('2026-11-24T12:00:00.000Z');
const LATER = new Date('2026-12-24T00:00:00.000Z');

const agreement: Proposal['agreement'] = {
  teamId: 'team' as TeamId,
  parties: [HOLDER, RECIPIENT],
  purposes: ['trial of smugglers'],
  clauses: ['4'],
  validFrom: new Date('2026-01-01'),
  validUntil: LATER,
  suspended: false,
  ...{ suspendedBy: [], endedFor: [], thirdStateParties: [] },
};
const exhibit: Proposal['exhibits'][number] = {
  exhibitId: 'exhibit' as ExhibitId,
  agencyId: HOLDER,
  agencyState: 'IT',
  state: 'sealed',
  privileged: false,
  teamId: null,
};
const proposal: Proposal = {
  fromAgencyId: HOLDER,
  toAgencyId: RECIPIENT,
  purpose: 'the vessel master',
  namedPurpose: null,
  clause: '4',
  necessity: null,
  expiresAt: LATER,
  agreement,
  exhibits: [exhibit],
};
const two = { ...agreement, purposes: ['trial of smugglers', 'trial'] };

describe('decideProposal', () => {
  it.each<[string, Partial<Proposal>, string]>([
    ['the only purpose there is, whatever the words', {}, 'trial of smugglers'],
    ['a purpose named beside the words', { agreement: two, namedPurpose: 'Trial' }, 'trial'],
    [
      'the longest purpose that the words begin with',
      { agreement: two, purpose: 'Trial of  smugglers, case 12' },
      'trial of smugglers',
    ],
    ['the purpose that the words are', { agreement: two, purpose: 'TRIAL' }, 'trial'],
    ['no clause: the agreement as a whole', { clause: null }, 'trial of smugglers'],
    [
      'an exhibit of the same team',
      { exhibits: [{ ...exhibit, teamId: agreement.teamId }, exhibit] },
      'trial of smugglers',
    ],
  ])('takes %s', (_name, changes, agreed) => {
    expect(decideProposal({ ...proposal, ...changes }, NOW)).toEqual({ allowed: true, agreedPurpose: agreed });
  });

  it.each<[string, Partial<Proposal>, string]>([
    ['a purpose that says nothing', { purpose: '…!? 12' }, 'purpose-missing'],
    ['a purpose nobody agreed to', { namedPurpose: 'tax audit' }, 'purpose-outside-agreement'],
    ['words that could mean several purposes', { agreement: two }, 'purpose-outside-agreement'],
    ['an agreement without purposes', { agreement: { ...agreement, purposes: [] } }, 'purpose-outside-agreement'],
    ['a clause that is not there', { clause: '5' }, 'clause-not-in-agreement'],
    [
      'an exhibit of another team',
      { exhibits: [exhibit, { ...exhibit, teamId: 'other' as TeamId }] },
      'exhibit-of-another-team',
    ],
    ['itself as recipient', { toAgencyId: HOLDER }, 'recipient-not-a-party'],
    ['a recipient outside the agreement', { toAgencyId: 'other' as AgencyId }, 'recipient-not-a-party'],
    ['an end after the agreement’s', { expiresAt: new Date('2027-01-01') }, 'agreement-not-in-force'],
    ['a suspended agreement', { agreement: { ...agreement, suspended: true } }, 'agreement-not-in-force'],
    ['an agreement not yet in force', { agreement: { ...agreement, validFrom: LATER } }, 'agreement-not-in-force'],
  ])('refuses %s', (_name, changes, rule) => {
    expect(decideProposal({ ...proposal, ...changes }, NOW)).toMatchObject({ allowed: false, rule });
  });
});
