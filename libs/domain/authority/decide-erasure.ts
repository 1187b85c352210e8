import { type EventKind, whyKept } from '#domain/custody';
import type { OfficerId } from '#domain/evidence';
import type { Decision } from './decide.js';
import { decideStanding } from './decide-standing.js';
import { type Denial, deny } from './denial.js';
import type { ActingOfficer } from './facts.js';

/** The facts about an event that matter to its erasure. That the agency of the actor holds it is settled before. */
export interface ErasureFacts {
  readonly kind: EventKind;
  /** Whether a published head of the log covers it. */
  readonly published: boolean;
  /** Whether its exhibit is on hold. */
  readonly underHold: boolean;
  /** Whether a review of it is not concluded. */
  readonly underReview: boolean;
  /** Whether the grant or the retrieval that it tells of is still in force. */
  readonly inUse: boolean;
  /** Who did what it records; null for the platform. */
  readonly actedBy: OfficerId | null;
}

/**
 * Whether an event may be proposed for erasure (Directive (EU) 2016/680 Art. 16(2), Regulation (EU) 2023/969 Art. 21): by an approver or an
 * administrator of the agency that holds it.
 */
export function decideErasureProposal(event: ErasureFacts, actor: ActingOfficer): Decision {
  const standing = decideErasureStanding(actor);
  if (!standing.allowed) return standing;
  return denialByEvent(event) ?? standing;
}

/** Four eyes: by an approver who did not propose it, and whose own act is not what would be erased. */
export function decideErasureApproval(event: ErasureFacts, proposedBy: OfficerId, actor: ActingOfficer): Decision {
  const approver = decideErasureApprover(actor);
  if (!approver.allowed) return approver;
  if (actor.officerId === proposedBy) return deny('own-proposal');
  if (actor.officerId === event.actedBy) return deny('own-act');
  return denialByEvent(event) ?? approver;
}

/** Who approves erasures at all. */
export function decideErasureApprover(actor: ActingOfficer): Decision {
  if (!actor.certified) return deny('officer-not-certified');
  return actor.roles.includes('approver') ? { allowed: true, rule: 'own-agency' } : deny('role-not-entitled');
}

/** Refusing a proposal, and withdrawing one's own: whoever may propose. */
export function decideErasureStanding(actor: ActingOfficer): Decision {
  if (!actor.certified) return deny('officer-not-certified');
  const entitled = actor.roles.some((role) => role === 'approver' || role === 'agency-admin');
  return entitled ? { allowed: true, rule: 'own-agency' } : deny('role-not-entitled');
}

/** Seeing what was proposed: whoever may propose, and the oversight of the state. */
export function decideErasureReading(actor: ActingOfficer): Decision {
  const overseer = decideStanding('overseer', actor);
  return overseer.allowed ? overseer : decideErasureStanding(actor);
}

function denialByEvent({ kind, published, underHold, underReview, inUse }: ErasureFacts): Denial | null {
  if (whyKept(kind) !== null) return deny('event-not-erasable');
  if (!published) return deny('event-not-published');
  if (underHold) return deny('event-under-hold');
  if (underReview) return deny('event-under-review');
  return inUse ? deny('event-in-use') : null;
}
