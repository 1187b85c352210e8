import type { AgencyId, ExhibitId, ExhibitState, GrantId, GrantState, OfficerId, TeamId } from '#domain/evidence';
import type { OfficerRole } from '#domain/custody';

/** What an officer wants to do with an exhibit. */
export type Act =
  'read' | 'retrieve' | 'export' | 'share' | 'approve' | 'accept' | 'revoke' | 'hold' | 'correct' | 'audit';

/** Who acts, as certified by their agency. */
export interface ActingOfficer {
  readonly officerId: OfficerId;
  readonly agencyId: AgencyId;
  readonly state: string;
  readonly roles: readonly OfficerRole[];
  readonly certified: boolean;
}

/** The facts about the exhibit that matter to authority. */
export interface ExhibitFacts {
  readonly exhibitId: ExhibitId;
  readonly agencyId: AgencyId;
  /** ISO 3166 code of the state whose agency holds it. */
  readonly agencyState: string;
  readonly state: ExhibitState;
  readonly privileged: boolean;
}

/** A grant with what it rests on. */
export interface GrantFacts {
  readonly grantId: GrantId;
  readonly state: GrantState;
  readonly exhibitIds: readonly ExhibitId[];
  readonly fromAgencyId: AgencyId;
  readonly toAgencyId: AgencyId;
  readonly proposedBy: OfficerId;
  readonly purpose: string;
  readonly legalBasis: string;
  readonly validFrom: Date;
  readonly expiresAt: Date;
  readonly undertaken: boolean;
  readonly agreement: AgreementFacts | null;
}

export interface AgreementFacts {
  readonly teamId: TeamId;
  readonly parties: readonly AgencyId[];
  readonly validFrom: Date;
  readonly validUntil: Date;
  readonly suspended: boolean;
}

/** Why something is refused: a stable code, words for a person, and the rule's source in law or in the platform's design. */
export interface Denial {
  readonly allowed: false;
  readonly rule: DenialRule;
  readonly because: string;
  readonly source: string;
}

export type Decision =
  | { readonly allowed: true; readonly rule: 'own-agency' | 'oversight' }
  | { readonly allowed: true; readonly rule: 'live-grant'; readonly grantId: GrantId }
  | Denial;

const DENIALS = {
  'officer-not-certified': ['the officer is not certified by an agency', 'Directive (EU) 2016/680 Art. 29(2)'],
  'role-not-entitled': ['the role does not carry this act', 'Directive (EU) 2016/680 Art. 25, 29'],
  'purpose-missing': ['a purpose must be stated', 'Directive (EU) 2016/680 Art. 25(1)'],
  'exhibit-not-sealed': ['the exhibit is not sealed yet', 'ISO/IEC 27037 §6.9'],
  'exhibit-quarantined': ['the exhibit failed a check and is quarantined', 'ISO/IEC 27037 §6.9'],
  'exhibit-disposed': ['the exhibit has been disposed of', 'Directive (EU) 2016/680 Art. 5'],
  'exhibit-on-hold': ['a hold against disclosure is in force', 'Regulation (EU) 2023/969 Art. 7'],
  'no-grant': ['no grant covers this exhibit for this agency', 'Regulation (EU) 2023/969 Art. 4'],
  'grant-not-live': ['the grant is not approved and accepted', 'Regulation (EU) 2023/969 Art. 4'],
  'grant-not-yet-valid': ['the grant is not valid yet', 'Directive (EU) 2016/680 Art. 4(1)(b)'],
  'grant-expired': ['the grant has expired', 'Directive (EU) 2016/680 Art. 4(1)(e)'],
  'grant-revoked': ['the grant was revoked', 'Directive (EU) 2016/680 Art. 9(3)'],
  'undertaking-missing': ['the recipient has not undertaken the conditions', 'Directive (EU) 2016/680 Art. 9(3)'],
  'agreement-not-in-force': ['the agreement behind the grant is not in force', 'UNTOC Art. 19'],
  'recipient-not-a-party': ['the recipient is not a party to the agreement', 'UNTOC Art. 19'],
  'own-proposal': ['who proposes does not approve', 'four-eyes rule'],
  'privileged-material': ['privileged material is for the filter team until released', 'Directive 2013/48/EU Art. 4'],
} as const satisfies Record<string, readonly [string, string]>;
export type DenialRule = keyof typeof DENIALS;

/** A denial by rule. */
export function deny(rule: DenialRule): Denial {
  const [because, source] = DENIALS[rule];
  return { allowed: false, rule, because, source };
}

const ROLES_FOR: Readonly<Record<Act, readonly OfficerRole[]>> = {
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
  readonly purpose: string | null;
}

/**
 * The one place that says who may do what with an exhibit. Pure and total; the clock comes in as `now`. Of several grants one
 * that allows suffices; when none does, the denial of the one that came furthest is told. Every `allowed: true` for bytes of another
 * agency rests on: grant live, agreement in force, recipient a party, purpose stated, undertaking given.
 */
export function decide(question: Question, now: Date): Decision {
  const decision = byRole(question, now);
  const { act, actor, exhibit } = question;
  // Who is an auditor besides something else may read what an auditor may.
  if (!decision.allowed && act === 'read' && actor.certified && actor.roles.includes('auditor')) {
    return oversight(actor, exhibit);
  }
  return decision;
}

function byRole(question: Question, now: Date): Decision {
  const { act, actor, exhibit, purpose } = question;
  if (!actor.certified) return deny('officer-not-certified');
  if (!ROLES_FOR[act].some((role) => actor.roles.includes(role))) return deny('role-not-entitled');
  if (act === 'audit') return oversight(actor, exhibit);
  const bytesLeave = act === 'retrieve' || act === 'export';
  if (bytesLeave && (purpose === null || purpose.trim() === '')) return deny('purpose-missing');
  const condition = denialByCondition(act, exhibit);
  if (condition) return condition;
  if (actor.agencyId === exhibit.agencyId) return { allowed: true, rule: 'own-agency' };
  if (exhibit.privileged && bytesLeave) return deny('privileged-material');
  if (act !== 'read' && act !== 'retrieve' && act !== 'export' && act !== 'accept') return deny('no-grant');
  return byGrant(question, now);
}

function oversight(actor: ActingOfficer, exhibit: ExhibitFacts): Decision {
  return actor.state === exhibit.agencyState ? { allowed: true, rule: 'oversight' } : deny('no-grant');
}

function denialByCondition(act: Act, exhibit: ExhibitFacts): Denial | null {
  if (act === 'read') return null;
  if (exhibit.state === 'quarantined') return deny('exhibit-quarantined');
  if (exhibit.state === 'disposed') return deny('exhibit-disposed');
  if (act === 'retrieve' || act === 'export' || act === 'share') {
    if (exhibit.state === 'on-hold' && act !== 'retrieve') return deny('exhibit-on-hold');
    if (exhibit.state !== 'sealed' && exhibit.state !== 'on-hold') return deny('exhibit-not-sealed');
  }
  return null;
}

function byGrant({ act, actor, exhibit, grants }: Question, now: Date): Decision {
  let furthest: { step: number; denial: Denial } = { step: -1, denial: deny('no-grant') };
  for (const grant of grants) {
    const outcome = checkGrant(grant, act, actor, exhibit, now);
    if (outcome === null) {
      if (exhibit.state === 'on-hold' && act !== 'read') return deny('exhibit-on-hold');
      return { allowed: true, rule: 'live-grant', grantId: grant.grantId };
    }
    if (outcome.step > furthest.step) furthest = outcome;
  }
  return furthest.denial;
}

/** Null when the grant carries the act; else how far it came and what stopped it. */
function checkGrant(
  grant: GrantFacts,
  act: Act,
  actor: ActingOfficer,
  exhibit: ExhibitFacts,
  now: Date,
): { step: number; denial: Denial } | null {
  const stop = (step: number, rule: DenialRule) => ({ step, denial: deny(rule) });
  if (grant.toAgencyId !== actor.agencyId || grant.fromAgencyId !== exhibit.agencyId) return stop(0, 'no-grant');
  if (!grant.exhibitIds.includes(exhibit.exhibitId)) return stop(0, 'no-grant');
  if (grant.state === 'revoked') return stop(2, 'grant-revoked');
  if (grant.state === 'refused') return stop(1, 'no-grant');
  if (grant.state === 'expired' || now >= grant.expiresAt) return stop(3, 'grant-expired');
  if (grant.agreement === null || !inForce(grant.agreement, now)) return stop(4, 'agreement-not-in-force');
  const { parties } = grant.agreement;
  if (!parties.includes(grant.toAgencyId) || !parties.includes(grant.fromAgencyId))
    return stop(5, 'recipient-not-a-party');
  if (act === 'accept') return grant.state === 'approved' ? null : stop(6, 'grant-not-live');
  if (act === 'read' && (grant.state === 'approved' || grant.state === 'accepted')) return null;
  if (grant.state !== 'active' && grant.state !== 'accepted') return stop(6, 'grant-not-live');
  if (now < grant.validFrom) return stop(7, 'grant-not-yet-valid');
  if (!grant.undertaken) return stop(8, 'undertaking-missing');
  return null;
}

/** Whether an agreement carries anything at this moment. */
export function inForce(agreement: AgreementFacts, now: Date): boolean {
  return !agreement.suspended && now >= agreement.validFrom && now < agreement.validUntil;
}

/** Four eyes: who proposes a grant never approves it. */
export function decideApproval(grant: GrantFacts, actor: ActingOfficer, now: Date): Decision {
  if (!actor.certified) return deny('officer-not-certified');
  if (!actor.roles.includes('approver')) return deny('role-not-entitled');
  if (actor.agencyId !== grant.fromAgencyId) return deny('no-grant');
  if (actor.officerId === grant.proposedBy) return deny('own-proposal');
  if (now >= grant.expiresAt) return deny('grant-expired');
  return { allowed: true, rule: 'own-agency' };
}
