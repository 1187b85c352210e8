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
  /** Why it is necessary, in the proposer's words; null when nothing was said. */
  readonly necessity: string | null;
  /** Which administrator of the team released it at the gate of third states; null when nobody did. */
  readonly releasedBy: OfficerId | null;
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
  /** As a whole, by who keeps the platform. */
  readonly suspended: boolean;
  /** Parties that suspended their part, or ended it: nothing flows to or from them; between the others it goes on. */
  readonly suspendedBy: readonly AgencyId[];
  readonly endedFor: readonly AgencyId[];
  /** Parties whose state the agreement marks as a third state. */
  readonly thirdStateParties: readonly AgencyId[];
}

/** Whether an agreement carries anything at this moment: in its time, with two parties at least that stand to it. */
export function inForce(agreement: AgreementFacts, now: Date): boolean {
  const standing = agreement.parties.filter((party) => stands(agreement, party));
  return inItsTime(agreement, now) && standing.length >= 2;
}

/** Whether its time has come, is not over, and it is not suspended as a whole. */
export function inItsTime({ suspended, validFrom, validUntil }: AgreementFacts, now: Date): boolean {
  return !suspended && now >= validFrom && now < validUntil;
}

/** Whether it carries anything of this party's: in force, and the party neither suspended nor ended its part. */
export function inForceFor(agreement: AgreementFacts, party: AgencyId, now: Date): boolean {
  return inForce(agreement, now) && stands(agreement, party);
}

function stands({ suspendedBy, endedFor }: AgreementFacts, party: AgencyId): boolean {
  return !suspendedBy.includes(party) && !endedFor.includes(party);
}
