import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OFFICER_ROLES } from '#domain/custody';
import type { AgencyId, GrantId, OfficerId, TeamId } from '#domain/evidence';
import { INSTRUMENTS } from '#domain/requests';
import { decideRequest, type RequestAct, type RequestFacts } from './decide-request.js';
import type { ActingOfficer, AgreementFacts, GrantFacts } from './facts.js';

const [ROME, PARIS, OTHER] = ['rome', 'paris', 'other'] as AgencyId[] as [AgencyId, AgencyId, AgencyId];
const NOW = new Date('2026-11-24T12:00:00.000Z');
const LATER = new Date('2027-11-24T12:00:00.000Z');

const request: RequestFacts = {
  instrument: 'eio',
  ...{ fromAgencyId: ROME, fromState: 'IT', toAgencyId: PARIS, toState: 'FR' },
  ...{ submitted: true, consulted: false, agreement: null },
};
const officer = (agencyId: AgencyId, state: string, ...roles: ActingOfficer['roles']): ActingOfficer => ({
  ...{ officerId: 'officer' as OfficerId, agencyId, state, roles, certified: true },
});
const asking = officer(ROME, 'IT', 'prosecutor');
const asked = officer(PARIS, 'FR', 'prosecutor');
const grant: GrantFacts = {
  grantId: 'grant' as GrantId,
  ...{ state: 'approved', exhibitIds: [], fromAgencyId: PARIS, toAgencyId: ROME },
  ...{ proposedBy: 'one' as OfficerId, approvedBy: 'two' as OfficerId, purpose: 'trial', agreedPurpose: 'trial' },
  ...{ legalBasis: 'Art. 19', clause: null, validFrom: NOW, expiresAt: LATER, undertaken: false, agreement: null },
} as unknown as GrantFacts;
const agreement = {
  ...{ teamId: 'team' as TeamId, parties: [ROME, PARIS], purposes: [], clauses: [] },
  ...{ validFrom: new Date('2026-01-01'), validUntil: LATER, suspended: false, suspendedBy: [] },
  ...{ endedFor: [], thirdStateParties: [] },
} as unknown as AgreementFacts;

const act = (kind: Exclude<RequestAct['kind'], 'answer' | 'fulfil'>): RequestAct => ({ kind });
const refusal = (name: string): RequestAct => ({ kind: 'answer', ground: { use: 'refusal', name } });
const fulfil = (...changes: Partial<GrantFacts>[]): RequestAct => ({
  kind: 'fulfil',
  grants: changes.map((one) => ({ ...grant, ...one })),
});
const decide = (what: RequestAct, actor: ActingOfficer, changes: Partial<RequestFacts> = {}) => {
  const decision = decideRequest(what, actor, { ...request, ...changes }, NOW);
  return decision.allowed ? decision.rule : `! ${decision.rule}`;
};
const team = { instrument: 'jit', toState: 'LY', agreement } as const;

describe('decideRequest', () => {
  it.each<[string, RequestAct, ActingOfficer, Partial<RequestFacts>, string]>([
    ['drafting', act('draft'), asking, { submitted: false }, 'own-agency'],
    ['drafting for another agency', act('draft'), asked, { submitted: false }, '! request-of-others'],
    ['submitting by an approver', act('submit'), officer(ROME, 'IT', 'approver'), {}, '! role-not-entitled'],
    ['submitting by who is asked', act('submit'), asked, {}, '! not-the-asking-authority'],
    ['an order to a state that it does not bind', act('submit'), asking, { toState: 'LY' }, '! instrument-not-binding'],
    ['an order from Ireland', act('submit'), asking, { fromState: 'IE' }, '! instrument-not-binding'],
    ['assistance asked of any state', act('submit'), asking, { instrument: 'mla', toState: 'LY' }, 'own-agency'],
    ['a team’s request', act('submit'), asking, team, 'own-agency'],
    [
      'a team’s request without its agreement',
      act('submit'),
      asking,
      { ...team, agreement: null },
      '! agreement-not-in-force',
    ],
    [
      'a team’s request after its end',
      act('submit'),
      asking,
      { ...team, agreement: { ...agreement, validUntil: NOW } },
      '! agreement-not-in-force',
    ],
    [
      'a team’s request to who is not in it',
      act('submit'),
      asking,
      { ...team, agreement: { ...agreement, parties: [ROME, OTHER] } },
      '! recipient-not-a-party',
    ],
    ['acknowledging', act('acknowledge'), asked, {}, 'own-agency'],
    ['acknowledging one’s own', act('acknowledge'), asking, {}, '! not-the-authority-asked'],
    ['acknowledging a draft', act('acknowledge'), asked, { submitted: false }, '! request-of-others'],
    [
      'acknowledging by an investigator',
      act('acknowledge'),
      officer(PARIS, 'FR', 'investigator'),
      {},
      '! role-not-entitled',
    ],
    ['granting', { kind: 'answer', ground: null }, asked, {}, 'own-agency'],
    ['refusing on a listed ground', refusal('double-criminality'), asked, {}, 'own-agency'],
    ['refusing on another’s ground', refusal('contrary-to-legal-system'), asked, {}, '! ground-not-listed'],
    ['refusing on no ground at all', refusal('constructor'), asked, {}, '! ground-not-listed'],
    ['refusing unconsulted', refusal('ne-bis-in-idem'), asked, {}, '! consultation-missing'],
    ['refusing after consultation', refusal('ne-bis-in-idem'), asked, { consulted: true }, 'own-agency'],
    [
      'postponing an order of production',
      { kind: 'answer', ground: { use: 'postponement', name: 'ongoing-proceedings' } },
      asked,
      { instrument: 'epo' },
      '! ground-not-listed',
    ],
    ['fulfilling', fulfil({}), asked, {}, 'own-agency'],
    ['fulfilling by who asks', fulfil({}), asking, {}, '! not-the-supplying-authority'],
    ['fulfilling by a grant to others', fulfil({}, { toAgencyId: OTHER }), asked, {}, '! grant-between-others'],
    ['fulfilling by a grant of others', fulfil({ fromAgencyId: OTHER }), asked, {}, '! grant-between-others'],
    [
      'fulfilling by what nobody approved',
      fulfil({ state: 'proposed', approvedBy: null }),
      asked,
      {},
      '! approval-missing',
    ],
    ['fulfilling by one’s own approval', fulfil({ approvedBy: 'one' as OfficerId }), asked, {}, '! approval-missing'],
    ['fulfilling by what was revoked', fulfil({}, { state: 'revoked' }), asked, {}, '! grant-revoked'],
    ['fulfilling by what was refused', fulfil({ state: 'refused' }), asked, {}, '! grant-not-live'],
    ['fulfilling by what has run out', fulfil({ expiresAt: NOW }), asked, {}, '! grant-expired'],
    [
      'supplying spontaneous information',
      fulfil({ fromAgencyId: ROME, toAgencyId: PARIS }),
      asking,
      { instrument: 'spontaneous' },
      'own-agency',
    ],
    ['clarifying, either side', act('clarify'), officer(PARIS, 'FR', 'investigator'), {}, 'own-agency'],
    ['withdrawing', act('withdraw'), asking, {}, 'own-agency'],
    ['withdrawing by who is asked', act('withdraw'), asked, {}, '! not-the-asking-authority'],
    ['closing', act('close'), asking, {}, 'own-agency'],
    ['reading', act('read'), asked, {}, 'own-agency'],
    ['reading by oversight of the other state', act('read'), officer(OTHER, 'FR', 'auditor'), {}, 'oversight'],
    [
      'reading a draft by oversight',
      act('read'),
      officer(ROME, 'IT', 'auditor'),
      { submitted: false },
      '! role-not-entitled',
    ],
    ['reading by oversight of a third state', act('read'), officer(OTHER, 'DE', 'auditor'), {}, '! request-of-others'],
    ['reading by an administrator', act('read'), officer(ROME, 'IT', 'agency-admin'), {}, '! role-not-entitled'],
    ['reading by who is not certified', act('read'), { ...asking, certified: false }, {}, '! officer-not-certified'],
  ])('%s', (_name, what, actor, changes, outcome) => {
    expect(decide(what, actor, changes)).toBe(outcome);
  });

  const acts = fc.oneof(
    fc.constantFrom('read', 'draft', 'submit', 'acknowledge', 'clarify', 'withdraw', 'close').map((kind) => ({ kind })),
    fc.constant<RequestAct>({ kind: 'answer', ground: null }),
    fc.constant<RequestAct>(fulfil({})),
  );
  const worlds = fc.record({
    what: acts,
    roles: fc.uniqueArray(fc.constantFrom(...OFFICER_ROLES)),
    agencyId: fc.constantFrom(ROME, PARIS, OTHER),
    state: fc.constantFrom('IT', 'FR', 'DE'),
    certified: fc.boolean(),
    submitted: fc.boolean(),
    instrument: fc.constantFrom(...INSTRUMENTS),
  });

  it('lets nobody act who is of neither side, not certified, or reads a draft of others', () => {
    fc.assert(
      fc.property(worlds, ({ what, submitted, instrument, ...actor }) => {
        const rule = decide(what, { ...actor, officerId: 'x' as OfficerId }, { submitted, instrument, agreement });
        const outside = actor.agencyId === OTHER || (actor.agencyId === PARIS && !submitted);
        if (!actor.certified) expect(rule).toMatch(/^!/);
        if (outside && rule !== 'oversight') expect(rule).toBe('! request-of-others');
        if (rule === 'oversight') expect([what.kind, submitted]).toEqual(['read', true]);
      }),
      { numRuns: 2000 },
    );
  });
});
