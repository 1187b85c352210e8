import { type Denial, deny } from './denial.js';
import { type GrantFacts, inForceFor, inItsTime } from './facts.js';

/** What a grant, proposed or given, has of its agreement. */
export type RestsOnAgreement = Pick<
  GrantFacts,
  'fromAgencyId' | 'toAgencyId' | 'agreement' | 'agreedPurpose' | 'clause'
>;

/**
 * Null when the agreement carries the grant: in force, both agencies parties to it who stand to it, its purpose and its clause among those
 * signed.
 */
export function denialByAgreement(grant: RestsOnAgreement, now: Date): Denial | null {
  const { agreement, agreedPurpose, clause } = grant;
  if (agreement === null || !inItsTime(agreement, now)) return deny('agreement-not-in-force');
  const sides = [grant.fromAgencyId, grant.toAgencyId];
  if (!sides.every((party) => agreement.parties.includes(party))) return deny('recipient-not-a-party');
  if (!sides.every((party) => inForceFor(agreement, party, now))) return deny('agreement-not-in-force');
  if (agreedPurpose === null || !agreement.purposes.includes(agreedPurpose)) return deny('purpose-outside-agreement');
  if (clause !== null && !agreement.clauses.includes(clause)) return deny('clause-not-in-agreement');
  return null;
}
