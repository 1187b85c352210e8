import type { GrantId } from '#domain/evidence';
import type { OfficerRole } from '#domain/custody';
import { type Denial, type DenialRule, deny } from './denial.js';
import { type ActingOfficer, type ExhibitFacts, type GrantFacts } from './facts.js';
import { agreedPurpose, isStated, purposeNamedBy } from './purpose.js';
import { denialByAgreement } from './rests-on-agreement.js';
import { denialByThirdState } from './third-state.js';

/**
 * What an officer wants to do with an exhibit. `consider` is to look at what is needed to accept or refuse a grant: number, kind and
 * sizes; `read` is all facts and the record.
 */
export type Act =
  | 'consider'
  | 'read'
  | 'retrieve'
  | 'export'
  | 'share'
  | 'approve'
  | 'accept'
  | 'revoke'
  | 'hold'
  | 'correct'
  | 'audit';

export type Decision =
  | { readonly allowed: true; readonly rule: 'own-agency' | 'oversight' }
  | { readonly allowed: true; readonly rule: 'live-grant' | 'offered-grant'; readonly grantId: GrantId }
  | Denial;

const ROLES_FOR: Readonly<Record<Act, readonly OfficerRole[]>> = {
  consider: ['investigator', 'prosecutor', 'approver', 'agency-admin'],
  read: ['investigator', 'prosecutor', 'approver', 'agency-admin'],
  retrieve: ['investigator', 'prosecutor'],
  export: ['investigator', 'prosecutor'],
  share: ['investigator', 'prosecutor'],
  approve: ['approver'],
  accept: ['prosecutor', 'investigator', 'approver'],
  revoke: ['investigator', 'prosecutor', 'approver'],
  hold: ['prosecutor', 'approver'],
  correct: ['investigator'],
  audit: ['auditor'],
};

/** What an act asks of the facts. */
export interface Question {
  readonly act: Act;
  readonly actor: ActingOfficer;
  readonly exhibit: ExhibitFacts;
  /** The grants known to reach the actor's agency for this exhibit; none is needed inside the agency that holds it. */
  readonly grants: readonly GrantFacts[];
  /** What for, in the officer's words. */
  readonly purpose: string | null;
  /** The purpose of the agreement that the officer names beside the words; none said is the grant's own. */
  readonly namedPurpose?: string | null;
}

/**
 * The one place that says who may do what with an exhibit. Pure and total; the clock comes in as `now`. Of several grants one
 * that allows suffices; when none does, the denial of the one that came furthest is told. Every `allowed: true` for bytes of another
 * agency rests on: grant live, approved by a second officer and accepted with an undertaking; agreement in force, of the exhibit's team,
 * both sides parties that stand to it, clause there, purpose within the agreement and within the grant; released where a third state is a
 * side; no hold, no privilege.
 */
export function decide(question: Question, now: Date): Decision {
  const decision = byRole(question, now);
  const { act, actor, exhibit } = question;
  // Who is an auditor besides something else may read what an auditor may.
  if (!decision.allowed && isReading(act) && actor.certified && actor.roles.includes('auditor')) {
    return oversight(actor, exhibit);
  }
  return decision;
}

function byRole(question: Question, now: Date): Decision {
  const { act, actor, exhibit, purpose } = question;
  if (!actor.certified) return deny('officer-not-certified');
  if (!ROLES_FOR[act].some((role) => actor.roles.includes(role))) return deny('role-not-entitled');
  if (act === 'audit') return oversight(actor, exhibit);
  if (bytesLeave(act) && !isStated(purpose)) return deny('purpose-missing');
  const condition = denialByCondition(act, exhibit) ?? denialByPrivilege(act, actor, exhibit);
  if (condition) return condition;
  // Who gives does not accept.
  if (actor.agencyId === exhibit.agencyId && act !== 'accept') return { allowed: true, rule: 'own-agency' };
  if (!isReading(act) && !bytesLeave(act) && act !== 'accept') return deny('no-grant');
  return byGrant(question, now);
}

function isReading(act: Act): boolean {
  return act === 'read' || act === 'consider';
}

function bytesLeave(act: Act): boolean {
  return act === 'retrieve' || act === 'export';
}

function oversight(actor: ActingOfficer, exhibit: ExhibitFacts): Decision {
  return actor.state === exhibit.agencyState ? { allowed: true, rule: 'oversight' } : deny('no-grant');
}

function denialByCondition(act: Act, exhibit: ExhibitFacts): Denial | null {
  if (isReading(act)) return null;
  if (exhibit.state === 'quarantined') return deny('exhibit-quarantined');
  if (exhibit.state === 'disposed') return deny('exhibit-disposed');
  if (bytesLeave(act) || act === 'share') {
    if (exhibit.state === 'on-hold' && act !== 'retrieve') return deny('exhibit-on-hold');
    if (exhibit.state !== 'sealed' && exhibit.state !== 'on-hold') return deny('exhibit-not-sealed');
  }
  return null;
}

/** The content is for the filter team of the agency that holds it; nobody gives it on. Until released, which is not built yet. */
function denialByPrivilege(act: Act, actor: ActingOfficer, exhibit: ExhibitFacts): Denial | null {
  if (!exhibit.privileged) return null;
  if (act === 'share' || act === 'accept') return deny('privileged-material');
  const inFilterTeam = actor.agencyId === exhibit.agencyId && actor.filterTeam === true;
  return bytesLeave(act) && !inFilterTeam ? deny('privileged-material') : null;
}

function byGrant(question: Question, now: Date): Decision {
  const { act, exhibit, grants } = question;
  let furthest: { step: number; denial: Denial } = { step: -1, denial: deny('no-grant') };
  let offered: Decision | null = null;
  for (const grant of grants) {
    const outcome = checkGrant(grant, question, now);
    if (outcome === 'carries') {
      if (exhibit.state === 'on-hold' && !isReading(act)) return deny('exhibit-on-hold');
      return { allowed: true, rule: 'live-grant', grantId: grant.grantId };
    }
    if (outcome === 'offers') offered ??= { allowed: true, rule: 'offered-grant', grantId: grant.grantId };
    else if (outcome.step > furthest.step) furthest = outcome;
  }
  return offered ?? furthest.denial;
}

/** Whether the grant carries the act, or is an offer to be considered; else how far it came and what stopped it. */
function checkGrant(
  grant: GrantFacts,
  { act, actor, exhibit, purpose, namedPurpose = null }: Question,
  now: Date,
): 'carries' | 'offers' | { step: number; denial: Denial } {
  const stop = (step: number, rule: DenialRule) => ({ step, denial: deny(rule) });
  if (grant.toAgencyId !== actor.agencyId || grant.fromAgencyId !== exhibit.agencyId) return stop(0, 'no-grant');
  if (!grant.exhibitIds.includes(exhibit.exhibitId)) return stop(0, 'no-grant');
  if (grant.state === 'refused') return stop(1, 'no-grant');
  if (grant.state === 'revoked') return stop(2, 'grant-revoked');
  if (grant.state === 'expired' || now >= grant.expiresAt) return stop(3, 'grant-expired');
  const unfounded = denialByAgreement(grant, now);
  if (unfounded) return { step: 4, denial: unfounded };
  if (exhibit.teamId !== null && exhibit.teamId !== grant.agreement?.teamId) return stop(5, 'exhibit-of-another-team');
  const held = denialByThirdState(grant);
  if (held) return { step: 6, denial: held };
  if (act === 'accept') return grant.state === 'approved' ? 'carries' : stop(7, 'grant-not-live');
  if (act === 'consider' && grant.state === 'approved') return 'offers';
  if (act === 'read' && grant.state === 'approved') return stop(10, 'undertaking-missing');
  if (grant.state !== 'active' && grant.state !== 'accepted') return stop(7, 'grant-not-live');
  if (grant.approvedBy === null || grant.approvedBy === grant.proposedBy) return stop(8, 'approval-missing');
  if (!isReading(act) && now < grant.validFrom) return stop(9, 'grant-not-yet-valid');
  if (!grant.undertaken) return stop(10, 'undertaking-missing');
  const listed = grant.agreement?.purposes ?? [];
  const meant = namedPurpose === null ? purposeNamedBy(listed, purpose ?? '') : agreedPurpose(listed, '', namedPurpose);
  const within = meant === grant.agreedPurpose || (meant === null && namedPurpose === null);
  return within ? 'carries' : stop(11, 'purpose-outside-grant');
}
