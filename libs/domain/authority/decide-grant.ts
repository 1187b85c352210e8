import { type Decision } from './decide.js';
import { type Denial, deny } from './denial.js';
import type { ActingOfficer, AgreementFacts, ExhibitFacts, GrantFacts } from './facts.js';
import { agreedPurpose, isStated } from './purpose.js';
import { denialByAgreement } from './rests-on-agreement.js';
import { denialByNecessity } from './third-state.js';

/** A grant as it is proposed, before there is one. */
export interface Proposal extends Pick<
  GrantFacts,
  'fromAgencyId' | 'toAgencyId' | 'purpose' | 'clause' | 'necessity' | 'expiresAt'
> {
  /** The purpose of the agreement that the proposer names beside the words; null to have it found. */
  readonly namedPurpose: string | null;
  readonly agreement: AgreementFacts;
  readonly exhibits: readonly ExhibitFacts[];
}

/**
 * Whether the agreement carries what is proposed. Whether the proposer may share each exhibit is for `decide()`.
 * @returns with the purpose as the agreement lists it
 */
export function decideProposal(
  proposal: Proposal,
  now: Date,
): { readonly allowed: true; readonly agreedPurpose: string } | Denial {
  const { agreement, exhibits, purpose, namedPurpose, expiresAt } = proposal;
  if (proposal.toAgencyId === proposal.fromAgencyId) return deny('recipient-not-a-party');
  if (!isStated(purpose)) return deny('purpose-missing');
  const agreed = agreedPurpose(agreement.purposes, purpose, namedPurpose);
  const unfounded = denialByAgreement({ ...proposal, agreedPurpose: agreed }, now);
  if (unfounded) return unfounded;
  if (expiresAt > agreement.validUntil) return deny('agreement-not-in-force');
  if (exhibits.some(({ teamId }) => teamId !== null && teamId !== agreement.teamId))
    return deny('exhibit-of-another-team');
  const unnecessary = denialByNecessity(proposal);
  if (unnecessary) return unnecessary;
  return agreed === null ? deny('purpose-outside-agreement') : { allowed: true, agreedPurpose: agreed };
}

/** Four eyes: who proposes a grant never approves it, and nobody approves what its agreement does not carry. */
export function decideApproval(grant: GrantFacts, actor: ActingOfficer, now: Date): Decision {
  if (!actor.certified) return deny('officer-not-certified');
  if (!actor.roles.includes('approver')) return deny('role-not-entitled');
  if (actor.agencyId !== grant.fromAgencyId) return deny('no-grant');
  if (actor.officerId === grant.proposedBy) return deny('own-proposal');
  if (now >= grant.expiresAt) return deny('grant-expired');
  return denialByAgreement(grant, now) ?? { allowed: true, rule: 'own-agency' };
}

/** Who may answer a grant for the agency that it is offered to. Whether the grant carries the acceptance is for `decide()`. */
export function decideRecipient(grant: GrantFacts, actor: ActingOfficer): Decision {
  return actor.agencyId === grant.toAgencyId || !actor.certified ? decideRefusal(grant, actor) : deny('no-grant');
}

/** Refusing a grant, and withdrawing it: certified officers of either side whose role carries sharing. */
export function decideRefusal(grant: GrantFacts, actor: ActingOfficer): Decision {
  if (!actor.certified) return deny('officer-not-certified');
  if (actor.agencyId !== grant.fromAgencyId && actor.agencyId !== grant.toAgencyId) return deny('no-grant');
  const entitled = actor.roles.some((role) => role === 'prosecutor' || role === 'investigator' || role === 'approver');
  return entitled ? { allowed: true, rule: 'own-agency' } : deny('role-not-entitled');
}

/** Revoking: by the agency that gave it alone. */
export function decideRevocation(grant: GrantFacts, actor: ActingOfficer): Decision {
  return actor.agencyId === grant.fromAgencyId || !actor.certified ? decideRefusal(grant, actor) : deny('no-grant');
}
