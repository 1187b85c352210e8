import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AgencyId, ExhibitId, ExhibitState, GrantId, GrantState, OfficerId, TeamId } from '#domain/evidence';
import { EXHIBIT_STATES, GRANT_STATES } from '#domain/evidence';
import { OFFICER_ROLES, type OfficerRole } from '#domain/custody';
import { type Act, decide } from './decide.js';
import { decideApproval } from './decide-grant.js';
import type { DenialRule } from './denial.js';
import { type ActingOfficer, type ExhibitFacts, type GrantFacts, inForce, inForceFor } from './facts.js';

const HOLDER = 'holder' as AgencyId;
const RECIPIENT = 'recipient' as AgencyId;
const STRANGER = 'stranger' as AgencyId;
const EXHIBIT = 'exhibit' as ExhibitId;
const NOW = new Date('2026-11-24T12:00:00.000Z');
const EARLIER = new Date('2026-11-01T00:00:00.000Z');
const LATER = new Date('2026-12-24T00:00:00.000Z');

function officer(agencyId: AgencyId, ...roles: OfficerRole[]): ActingOfficer {
  return {
    officerId: `${agencyId}-${roles.join()}` as OfficerId,
    agencyId,
    state: agencyId === HOLDER ? 'IT' : 'GR',
    roles,
    certified: true,
  };
}
const exhibit: ExhibitFacts = {
  exhibitId: EXHIBIT,
  agencyId: HOLDER,
  agencyState: 'IT',
  state: 'sealed',
  privileged: false,
  teamId: null,
};
const TRIAL = 'trial';
const RESCUE = 'rescue at sea';
const agreement = {
  teamId: 'team' as TeamId,
  parties: [HOLDER, RECIPIENT],
  purposes: [TRIAL, RESCUE],
  clauses: ['4', '6'],
  validFrom: EARLIER,
  validUntil: LATER,
  suspended: false,
  ...{ suspendedBy: [], endedFor: [], thirdStateParties: [] },
};
const live: GrantFacts = {
  grantId: 'grant' as GrantId,
  state: 'active',
  exhibitIds: [EXHIBIT],
  fromAgencyId: HOLDER,
  toAgencyId: RECIPIENT,
  proposedBy: 'proposer' as OfficerId,
  approvedBy: 'approver' as OfficerId,
  purpose: 'trial',
  agreedPurpose: TRIAL,
  legalBasis: 'JIT 1',
  clause: '4',
  ...{ necessity: null, releasedBy: null },
  validFrom: EARLIER,
  expiresAt: LATER,
  undertaken: true,
  agreement,
};
const prosecutor = officer(RECIPIENT, 'prosecutor');

function ruleFor(changes: {
  act?: Act;
  actor?: ActingOfficer;
  exhibit?: ExhibitFacts;
  grants?: GrantFacts[];
  purpose?: string | null;
  namedPurpose?: string;
  now?: Date;
}): string {
  const { act = 'retrieve', actor = prosecutor, grants = [live], purpose = 'trial', now = NOW } = changes;
  const { namedPurpose = null } = changes;
  return decide({ act, actor, exhibit: changes.exhibit ?? exhibit, grants, purpose, namedPurpose }, now).rule;
}

describe('decide', () => {
  it.each<
    [string, Parameters<typeof ruleFor>[0], DenialRule | 'own-agency' | 'live-grant' | 'offered-grant' | 'oversight']
  >([
    ['lets the recipient of a live grant retrieve', {}, 'live-grant'],
    ['lets the holder retrieve without a grant', { actor: officer(HOLDER, 'investigator'), grants: [] }, 'own-agency'],
    [
      'refuses an officer who is not certified',
      { actor: { ...prosecutor, certified: false } },
      'officer-not-certified',
    ],
    ['refuses a role that does not carry the act', { actor: officer(RECIPIENT, 'approver') }, 'role-not-entitled'],
    ['refuses bytes to an auditor', { actor: officer(HOLDER, 'auditor') }, 'role-not-entitled'],
    ['lets an auditor of the state read', { act: 'read', actor: officer(HOLDER, 'auditor'), grants: [] }, 'oversight'],
    [
      'refuses an auditor of another state',
      { act: 'read', actor: officer(STRANGER, 'auditor'), grants: [] },
      'no-grant',
    ],
    [
      'lets an auditor read who is an investigator of another agency of the state too',
      { act: 'read', actor: { ...officer(STRANGER, 'investigator', 'auditor'), state: 'IT' }, grants: [] },
      'oversight',
    ],
    ['refuses without a purpose', { purpose: null }, 'purpose-missing'],
    ['refuses a blank purpose', { purpose: ' \t' }, 'purpose-missing'],
    ['refuses a purpose of invisible characters', { purpose: '\u200b\u200b\u200b' }, 'purpose-missing'],
    ['refuses a purpose of marks and digits', { purpose: '--- 42' }, 'purpose-missing'],
    ['takes a purpose in any script', { purpose: 'محاكمة' }, 'live-grant'],
    ['takes the words of the officer as within the grant', { purpose: 'hearing of 12 May' }, 'live-grant'],
    ['takes the purpose of the grant, named', { namedPurpose: ' Trial' }, 'live-grant'],
    ['refuses another purpose of the agreement, named', { namedPurpose: RESCUE }, 'purpose-outside-grant'],
    ['refuses a purpose that nobody agreed to, named', { namedPurpose: 'tax audit' }, 'purpose-outside-grant'],
    [
      'refuses words that begin with another purpose of the agreement',
      { purpose: 'Rescue  at sea: the boat' },
      'purpose-outside-grant',
    ],
    ['takes words that only look like another purpose', { purpose: 'rescue at seaside' }, 'live-grant'],
    [
      'refuses under a grant for what the agreement does not list',
      { grants: [{ ...live, agreedPurpose: 'tax audit' }] },
      'purpose-outside-agreement',
    ],
    [
      'refuses under a grant for no purpose of the agreement',
      { grants: [{ ...live, agreedPurpose: null }] },
      'purpose-outside-agreement',
    ],
    [
      'refuses under a clause that the agreement has not',
      { grants: [{ ...live, clause: '5' }] },
      'clause-not-in-agreement',
    ],
    ['takes a grant that rests on the agreement as a whole', { grants: [{ ...live, clause: null }] }, 'live-grant'],
    ['takes an exhibit of the same team', { exhibit: { ...exhibit, teamId: agreement.teamId } }, 'live-grant'],
    [
      'refuses an exhibit of another team',
      { exhibit: { ...exhibit, teamId: 'other' as TeamId } },
      'exhibit-of-another-team',
    ],
    ['refuses a grant nobody approved', { grants: [{ ...live, approvedBy: null }] }, 'approval-missing'],
    [
      'refuses a grant its proposer approved',
      { grants: [{ ...live, approvedBy: live.proposedBy }] },
      'approval-missing',
    ],
    [
      'shows an approved grant’s exhibit to who is to accept it, as an offer',
      { act: 'consider', grants: [{ ...live, state: 'approved', undertaken: false }] },
      'offered-grant',
    ],
    [
      'shows its facts to them only with the undertaking',
      { act: 'read', grants: [{ ...live, state: 'approved', undertaken: false }] },
      'undertaking-missing',
    ],
    ['shows all of it once accepted', { act: 'consider' }, 'live-grant'],
    [
      'shows nothing of a proposed one',
      { act: 'consider', grants: [{ ...live, state: 'proposed', approvedBy: null }] },
      'grant-not-live',
    ],
    ['refuses without a grant', { grants: [] }, 'no-grant'],
    ['refuses by a grant to another agency', { grants: [{ ...live, toAgencyId: STRANGER }] }, 'no-grant'],
    ['refuses by a grant from another agency', { grants: [{ ...live, fromAgencyId: STRANGER }] }, 'no-grant'],
    ['refuses by a grant of another exhibit', { grants: [{ ...live, exhibitIds: [] }] }, 'no-grant'],
    ['refuses by a proposed grant', { grants: [{ ...live, state: 'proposed' }] }, 'grant-not-live'],
    ['refuses by an approved grant', { grants: [{ ...live, state: 'approved' }] }, 'grant-not-live'],
    ['refuses by a refused grant', { grants: [{ ...live, state: 'refused' }] }, 'no-grant'],
    ['refuses by a revoked grant', { grants: [{ ...live, state: 'revoked' }] }, 'grant-revoked'],
    ['refuses by an expired grant', { grants: [{ ...live, state: 'expired' }] }, 'grant-expired'],
    ['refuses at the very moment of expiry', { now: LATER }, 'grant-expired'],
    [
      'refuses before the grant is valid',
      { grants: [{ ...live, state: 'accepted', validFrom: LATER, expiresAt: new Date('2027-01-01') }] },
      'grant-not-yet-valid',
    ],
    ['refuses without an undertaking', { grants: [{ ...live, undertaken: false }] }, 'undertaking-missing'],
    ['refuses without an agreement', { grants: [{ ...live, agreement: null }] }, 'agreement-not-in-force'],
    [
      'refuses under a suspended agreement',
      { grants: [{ ...live, agreement: { ...agreement, suspended: true } }] },
      'agreement-not-in-force',
    ],
    [
      'refuses a recipient that is no party',
      { grants: [{ ...live, agreement: { ...agreement, parties: [HOLDER] } }] },
      'recipient-not-a-party',
    ],
    ['refuses what is not sealed', { exhibit: { ...exhibit, state: 'stored' } }, 'exhibit-not-sealed'],
    ['refuses what is quarantined', { exhibit: { ...exhibit, state: 'quarantined' } }, 'exhibit-quarantined'],
    ['refuses what was disposed of', { exhibit: { ...exhibit, state: 'disposed' } }, 'exhibit-disposed'],
    ['refuses a recipient while on hold', { exhibit: { ...exhibit, state: 'on-hold' } }, 'exhibit-on-hold'],
    [
      'refuses to share while on hold',
      { act: 'share', actor: officer(HOLDER, 'investigator'), exhibit: { ...exhibit, state: 'on-hold' } },
      'exhibit-on-hold',
    ],
    [
      'refuses privileged material to a recipient',
      { exhibit: { ...exhibit, privileged: true } },
      'privileged-material',
    ],
    [
      'refuses privileged material inside the agency too',
      { actor: officer(HOLDER, 'investigator'), exhibit: { ...exhibit, privileged: true } },
      'privileged-material',
    ],
    [
      'refuses to export it inside the agency',
      { act: 'export', actor: officer(HOLDER, 'prosecutor'), exhibit: { ...exhibit, privileged: true } },
      'privileged-material',
    ],
    [
      'gives it to the filter team of the agency',
      { actor: { ...officer(HOLDER, 'investigator'), filterTeam: true }, exhibit: { ...exhibit, privileged: true } },
      'own-agency',
    ],
    [
      'refuses it to the filter team of another agency',
      { actor: { ...prosecutor, filterTeam: true }, exhibit: { ...exhibit, privileged: true } },
      'privileged-material',
    ],
    [
      'refuses the filter team to give it on',
      {
        act: 'share',
        actor: { ...officer(HOLDER, 'investigator'), filterTeam: true },
        exhibit: { ...exhibit, privileged: true },
      },
      'privileged-material',
    ],
    ['refuses onward sharing by a recipient', { act: 'share' }, 'no-grant'],
    [
      'lets a recipient accept an approved grant',
      { act: 'accept', grants: [{ ...live, state: 'approved', undertaken: false }] },
      'live-grant',
    ],
    [
      'refuses who gave a grant to accept it',
      { act: 'accept', actor: officer(HOLDER, 'prosecutor'), grants: [{ ...live, state: 'approved' }] },
      'no-grant',
    ],
    [
      'tells the denial of the grant that came furthest',
      {
        grants: [
          { ...live, state: 'revoked' },
          { ...live, undertaken: false },
        ],
      },
      'undertaking-missing',
    ],
    ['finds the one grant that allows among many', { grants: [{ ...live, state: 'revoked' }, live] }, 'live-grant'],
  ])('%s', (_name, question, rule) => {
    expect(ruleFor(question)).toBe(rule);
  });

  const agencies = fc.constantFrom(HOLDER, RECIPIENT, STRANGER);
  const instants = fc.constantFrom(EARLIER, NOW, LATER);
  const grants = fc.record<GrantFacts>({
    grantId: fc.constant('grant' as GrantId),
    state: fc.constantFrom<GrantState>(...GRANT_STATES),
    exhibitIds: fc.constantFrom([], [EXHIBIT]),
    fromAgencyId: agencies,
    toAgencyId: agencies,
    proposedBy: fc.constant('proposer' as OfficerId),
    approvedBy: fc.constantFrom(null, 'approver' as OfficerId, 'proposer' as OfficerId),
    purpose: fc.constant('trial'),
    agreedPurpose: fc.constantFrom(null, TRIAL, RESCUE, 'tax audit'),
    legalBasis: fc.constant('JIT 1'),
    clause: fc.constantFrom(null, '4', '5'),
    validFrom: instants,
    expiresAt: instants,
    undertaken: fc.boolean(),
    necessity: fc.constantFrom(null, 'needed'),
    releasedBy: fc.constantFrom(null, 'administrator' as OfficerId),
    agreement: fc.option(
      fc.record({
        teamId: fc.constant('team' as TeamId),
        parties: fc.subarray([HOLDER, RECIPIENT, STRANGER]),
        purposes: fc.subarray([TRIAL, RESCUE]),
        clauses: fc.subarray(['4']),
        validFrom: instants,
        validUntil: instants,
        suspended: fc.boolean(),
        suspendedBy: fc.subarray([HOLDER, RECIPIENT]),
        endedFor: fc.subarray([HOLDER, RECIPIENT]),
        thirdStateParties: fc.subarray([HOLDER, RECIPIENT]),
      }),
    ),
  });
  const questions = fc.record({
    act: fc.constantFrom<Act>(
      'consider',
      'read',
      'retrieve',
      'export',
      'share',
      'approve',
      'accept',
      'revoke',
      'hold',
      'correct',
      'audit',
    ),
    actor: fc.record<ActingOfficer>({
      officerId: fc.constant('officer' as OfficerId),
      agencyId: agencies,
      state: fc.constantFrom('IT', 'GR'),
      roles: fc.subarray<OfficerRole>([...OFFICER_ROLES]),
      certified: fc.boolean(),
      filterTeam: fc.boolean(),
    }),
    exhibit: fc.record<ExhibitFacts>({
      exhibitId: fc.constant(EXHIBIT),
      agencyId: fc.constant(HOLDER),
      agencyState: fc.constant('IT'),
      state: fc.constantFrom<ExhibitState>(...EXHIBIT_STATES),
      privileged: fc.boolean(),
      teamId: fc.constantFrom(null, 'team' as TeamId, 'other' as TeamId),
    }),
    grants: fc.array(grants, { maxLength: 4 }),
    purpose: fc.constantFrom(null, '', 'trial'),
    namedPurpose: fc.constantFrom(null, TRIAL, RESCUE, 'tax audit'),
  });

  it('opens no path to the bytes of another agency without grant, agreement, party, purpose and undertaking', () => {
    fc.assert(
      fc.property(questions, instants, (question, now) => {
        const { act, actor, exhibit: subject } = question;
        const decision = decide(question, now);
        if (!decision.allowed || (act !== 'retrieve' && act !== 'export') || actor.agencyId === subject.agencyId)
          return;
        const carrying = question.grants.filter(
          (grant) =>
            (grant.state === 'active' || grant.state === 'accepted') &&
            grant.exhibitIds.includes(EXHIBIT) &&
            grant.fromAgencyId === HOLDER &&
            grant.toAgencyId === actor.agencyId &&
            grant.undertaken &&
            grant.approvedBy === 'approver' &&
            (grant.releasedBy !== null ||
              grant.agreement?.thirdStateParties.every((party) => party !== HOLDER && party !== actor.agencyId)) &&
            [HOLDER, actor.agencyId].every((party) => grant.agreement && inForceFor(grant.agreement, party, now)) &&
            grant.validFrom <= now &&
            now < grant.expiresAt &&
            grant.agreement !== null &&
            inForce(grant.agreement, now) &&
            grant.agreement.parties.includes(actor.agencyId) &&
            grant.agreement.parties.includes(HOLDER) &&
            grant.agreement.purposes.includes(grant.agreedPurpose ?? '') &&
            (grant.clause === null || grant.agreement.clauses.includes(grant.clause)) &&
            (subject.teamId === null || subject.teamId === grant.agreement.teamId) &&
            (question.namedPurpose ?? grant.agreedPurpose) === grant.agreedPurpose,
        );
        expect(carrying.length).toBeGreaterThan(0);
        expect(
          actor.certified && question.purpose === 'trial' && subject.state === 'sealed' && !subject.privileged,
        ).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  it('never allows more when a grant is taken away', () => {
    fc.assert(
      fc.property(questions, instants, fc.nat(3), (question, now, index) => {
        const fewer = { ...question, grants: question.grants.filter((_, position) => position !== index) };
        if (decide(fewer, now).allowed) expect(decide(question, now).allowed).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it('answers the same whatever the order of grants says yes or no', () => {
    fc.assert(
      fc.property(questions, instants, (question, now) => {
        const reversed = { ...question, grants: [...question.grants].reverse() };
        expect(decide(reversed, now).allowed).toBe(decide(question, now).allowed);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('decideApproval', () => {
  const approver = officer(HOLDER, 'approver');

  it.each<[string, ActingOfficer, Partial<GrantFacts>, string]>([
    ['lets a second officer of the agency approve', approver, {}, 'own-agency'],
    ['refuses who proposed it', approver, { proposedBy: approver.officerId }, 'own-proposal'],
    ['refuses who is no approver', officer(HOLDER, 'investigator'), {}, 'role-not-entitled'],
    ['refuses an approver of the recipient', officer(RECIPIENT, 'approver'), {}, 'no-grant'],
    ['refuses an approver who is not certified', { ...approver, certified: false }, {}, 'officer-not-certified'],
    ['refuses a grant that has run out', approver, { expiresAt: NOW }, 'grant-expired'],
  ])('%s', (_name, actor, changes, rule) => {
    expect(decideApproval({ ...live, state: 'proposed', ...changes }, actor, NOW).rule).toBe(rule);
  });
});
