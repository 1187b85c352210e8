import type { OfficerRole } from '#domain/custody';
import type { AgencyId } from '#domain/evidence';
import { binds, groundOf, type GroundUse, type Instrument, INSTRUMENT_FACTS } from '#domain/requests';
import type { Decision } from './decide.js';
import { type Denial, deny } from './denial.js';
import { type ActingOfficer, type AgreementFacts, type GrantFacts, inForce } from './facts.js';

/** The facts about a request that matter to authority. */
export interface RequestFacts {
  readonly instrument: Instrument;
  readonly fromAgencyId: AgencyId;
  /** ISO 3166 code of the state that asks. */
  readonly fromState: string;
  readonly toAgencyId: AgencyId;
  readonly toState: string;
  /** Whether the authority asked has seen it: drafts are nobody else's. */
  readonly submitted: boolean;
  /** Whether the authority asked has written to the other one in its thread. */
  readonly consulted: boolean;
  /** Of a joint investigation team's request. */
  readonly agreement: AgreementFacts | null;
}

/** Why an answer is less than all that was asked for. */
export interface StatedGround {
  readonly use: GroundUse;
  readonly name: string;
}

/** What an officer wants to do with a request. */
export type RequestAct =
  | { readonly kind: 'read' | 'draft' | 'submit' | 'acknowledge' | 'clarify' | 'withdraw' | 'close' }
  | { readonly kind: 'answer'; readonly ground: StatedGround | null }
  | { readonly kind: 'fulfil'; readonly grants: readonly GrantFacts[] };

type Side = 'asking' | 'asked' | 'supplying' | 'either';

const CASEWORK: readonly OfficerRole[] = ['investigator', 'prosecutor', 'approver'];
const RULES: Readonly<Record<RequestAct['kind'], { readonly by: Side; readonly roles: readonly OfficerRole[] }>> = {
  read: { by: 'either', roles: CASEWORK },
  draft: { by: 'asking', roles: ['investigator', 'prosecutor'] },
  submit: { by: 'asking', roles: ['investigator', 'prosecutor'] },
  withdraw: { by: 'asking', roles: ['investigator', 'prosecutor'] },
  close: { by: 'asking', roles: ['investigator', 'prosecutor'] },
  acknowledge: { by: 'asked', roles: ['prosecutor', 'approver'] },
  answer: { by: 'asked', roles: ['prosecutor', 'approver'] },
  // It shares nothing by itself: each grant was proposed by one officer and approved by another.
  fulfil: { by: 'supplying', roles: CASEWORK },
  clarify: { by: 'either', roles: CASEWORK },
};

const DENIAL_OF_SIDE = {
  asking: 'not-the-asking-authority',
  asked: 'not-the-authority-asked',
  supplying: 'not-the-supplying-authority',
} as const;

/**
 * Who may do what with a request for evidence. Pure and total. Which state it has to be in is for its life cycle; `request-of-others` is to be
 * told as if there were no such request.
 */
export function decideRequest(act: RequestAct, actor: ActingOfficer, request: RequestFacts, now: Date): Decision {
  const { by, roles } = RULES[act.kind];
  if (act.kind === 'read' && mayOversee(actor, request)) return { allowed: true, rule: 'oversight' };
  if (!knowsOf(actor.agencyId, request)) return deny('request-of-others');
  if (!actor.certified) return deny('officer-not-certified');
  if (!roles.some((role) => actor.roles.includes(role))) return deny('role-not-entitled');
  if (by !== 'either' && actor.agencyId !== agencyOf(by, request)) return deny(DENIAL_OF_SIDE[by]);
  return denialByAct(act, request, now) ?? { allowed: true, rule: 'own-agency' };
}

/** Listing requests, of whatever agencies: the rows are for the database to choose. */
export function decideRequestReading(actor: ActingOfficer): Decision {
  if (!actor.certified) return deny('officer-not-certified');
  if (CASEWORK.some((role) => actor.roles.includes(role))) return { allowed: true, rule: 'own-agency' };
  return actor.roles.includes('auditor') ? { allowed: true, rule: 'oversight' } : deny('role-not-entitled');
}

function agencyOf(side: Exclude<Side, 'either'>, request: RequestFacts): AgencyId {
  const { suppliedBy } = INSTRUMENT_FACTS[request.instrument];
  return (side === 'supplying' ? suppliedBy : side) === 'asking' ? request.fromAgencyId : request.toAgencyId;
}

function knowsOf(agencyId: AgencyId, request: RequestFacts): boolean {
  return agencyId === request.fromAgencyId || (request.submitted && agencyId === request.toAgencyId);
}

function mayOversee(actor: ActingOfficer, { submitted, fromState, toState }: RequestFacts): boolean {
  const overseer = actor.certified && actor.roles.includes('auditor');
  return overseer && submitted && (actor.state === fromState || actor.state === toState);
}

function denialByAct(act: RequestAct, request: RequestFacts, now: Date): Denial | null {
  switch (act.kind) {
    case 'draft':
    case 'submit':
      return denialByInstrument(request, now);
    case 'answer':
      return act.ground && denialByGround(act.ground, request);
    case 'fulfil':
      return denialByGrants(act.grants, request, now);
    default:
      return null;
  }
}

function denialByInstrument(request: RequestFacts, now: Date): Denial | null {
  const { instrument, fromState, toState, fromAgencyId, toAgencyId, agreement } = request;
  if (!binds(instrument, fromState, toState)) return deny('instrument-not-binding');
  if (instrument !== 'jit') return null;
  if (agreement === null || !inForce(agreement, now)) return deny('agreement-not-in-force');
  const parties = [fromAgencyId, toAgencyId].every((party) => agreement.parties.includes(party));
  return parties ? null : deny('recipient-not-a-party');
}

function denialByGround({ use, name }: StatedGround, { instrument, consulted }: RequestFacts): Denial | null {
  const ground = groundOf(instrument, use, name);
  if (ground === null) return deny('ground-not-listed');
  return ground.consultFirst && !consulted ? deny('consultation-missing') : null;
}

function denialByGrants(grants: readonly GrantFacts[], request: RequestFacts, now: Date): Denial | null {
  const from = agencyOf('supplying', request);
  const to = from === request.fromAgencyId ? request.toAgencyId : request.fromAgencyId;
  for (const grant of grants) {
    if (grant.fromAgencyId !== from || grant.toAgencyId !== to) return deny('grant-between-others');
    if (grant.state === 'revoked') return deny('grant-revoked');
    if (grant.state === 'expired' || now >= grant.expiresAt) return deny('grant-expired');
    if (grant.state === 'refused') return deny('grant-not-live');
    if (grant.approvedBy === null || grant.approvedBy === grant.proposedBy) return deny('approval-missing');
  }
  return null;
}
