import type { AgencyId, ExhibitId, ExhibitState, GrantId, GrantState, OfficerId, TeamId } from '#domain/evidence';
import type { OfficerRole } from '#domain/custody';

/** Who acts, as certified by their agency. */
export interface ActingOfficer {
  readonly officerId: OfficerId;
  readonly agencyId: AgencyId;
  readonly state: string;
  readonly roles: readonly OfficerRole[];
  /** Whether their agency's certificate of their keys is in force. */
  readonly certified: boolean;
  /** Whether their agency put them in its filter team, which alone sees privileged material. */
  readonly filterTeam?: boolean;
}

/** The facts about the exhibit that matter to authority. */
export interface ExhibitFacts {
  readonly exhibitId: ExhibitId;
  readonly agencyId: AgencyId;
  /** ISO 3166 code of the state whose agency holds it. */
  readonly agencyState: string;
  readonly state: ExhibitState;
  readonly privileged: boolean;
  /** The team that it, or its case, was brought into; null for one of the agency's own, which it may share with any team of its own. */
  readonly teamId: TeamId | null;
}

/** A grant with what it rests on. */
export interface GrantFacts {
  readonly grantId: GrantId;
  readonly state: GrantState;
  readonly exhibitIds: readonly ExhibitId[];
  readonly fromAgencyId: AgencyId;
  readonly toAgencyId: AgencyId;
  readonly proposedBy: OfficerId;
  readonly approvedBy: OfficerId | null;
  /** What for, in the proposer's words. */
  readonly purpose: string;
  /** Which of the purposes that the agreement lists those words are within. */
  readonly agreedPurpose: string | null;
  readonly legalBasis: string;
  /** Number of the agreement's clause that it names; null when it rests on the agreement as a whole. */
  readonly clause: string | null;
  readonly validFrom: Date;
  readonly expiresAt: Date;
  readonly undertaken: boolean;
  readonly agreement: AgreementFacts | null;
}

export interface AgreementFacts {
  readonly teamId: TeamId;
  readonly parties: readonly AgencyId[];
  /** What every party signed that evidence may be used for: a closed list. */
  readonly purposes: readonly string[];
  /** Numbers of its clauses. */
  readonly clauses: readonly string[];
  readonly validFrom: Date;
  readonly validUntil: Date;
  readonly suspended: boolean;
}

/** Whether an agreement carries anything at this moment. */
export function inForce(agreement: AgreementFacts, now: Date): boolean {
  return !agreement.suspended && now >= agreement.validFrom && now < agreement.validUntil;
}
