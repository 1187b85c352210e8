import { type Denial, deny } from './denial.js';
import { type GrantFacts, inForce } from './facts.js';

/** What a grant, proposed or given, has of its agreement. */
export type RestsOnAgreement = Pick<
  GrantFacts,
  'fromAgencyId' | 'toAgencyId' | 'agreement' | 'agreedPurpose' | 'clause'
>;

/** Null when the agreement carries the grant: in force, both agencies parties to it, its purpose and its clause among those signed. */
export function denialByAgreement(grant: RestsOnAgreement, now: Date): Denial | null {
  const { agreement, agreedPurpose, clause } = grant;
  if (agreement === null || !inForce(agreement, now)) return deny('agreement-not-in-force');
  if (![grant.fromAgencyId, grant.toAgencyId].every((party) => agreement.parties.includes(party)))
    return deny('recipient-not-a-party');
  if (agreedPurpose === null || !agreement.purposes.includes(agreedPurpose)) return deny('purpose-outside-agreement');
  if (clause !== null && !agreement.clauses.includes(clause)) return deny('clause-not-in-agreement');
  return null;
}
