import { type Decision } from './decide.js';
import { deny } from './denial.js';
import type { ActingOfficer, GrantFacts } from './facts.js';
import { denialByAgreement } from './rests-on-agreement.js';
import { denialByNecessity } from './third-state.js';

/**
 * The gate of third states (Reg. (EU) 2023/969 Art. 17): an administrator of the team releases a grant, of the side of it that is no third
 * state, and neither who proposed nor who approved it. Between two third states nobody does.
 * @param administers whether the officer administers the grant's team now
 */
export function decideRelease(grant: GrantFacts, actor: ActingOfficer, administers: boolean, now: Date): Decision {
  if (!actor.certified) return deny('officer-not-certified');
  if (actor.agencyId !== grant.fromAgencyId && actor.agencyId !== grant.toAgencyId) return deny('no-grant');
  if (!administers || (grant.agreement?.thirdStateParties ?? []).includes(actor.agencyId))
    return deny('not-team-administrator');
  if (actor.officerId === grant.proposedBy || actor.officerId === grant.approvedBy) return deny('own-proposal');
  if (now >= grant.expiresAt) return deny('grant-expired');
  return denialByAgreement(grant, now) ?? denialByNecessity(grant) ?? { allowed: true, rule: 'own-agency' };
}
