import { randomUUID } from 'node:crypto';
import type { ActingOfficer, AgreementFacts, ExhibitFacts, GrantFacts } from '#domain/authority';
import { OFFICER_ROLES } from '#domain/custody';
import {
  type AgencyId,
  EXHIBIT_STATES,
  type ExhibitId,
  GRANT_STATES,
  type GrantId,
  type OfficerId,
  type TeamId,
} from '#domain/evidence';

export interface RandomQuestion {
  readonly act: 'retrieve' | 'export';
  readonly officer: ActingOfficer;
  readonly exhibit: ExhibitFacts;
  /** The grant that it is to be opened by; null for none. */
  readonly grant: GrantFacts | null;
}

export interface RandomAgreement extends AgreementFacts {
  readonly id: string;
  readonly thirdStates: readonly string[];
}

const HOUR = 3_600_000;
const PURPOSES = ['trial', 'search', 'recovery of proceeds'];
const STATES = ['LY', 'IT', 'EG', 'MT'];

const expiring = ({ validFrom, validUntil }: { validFrom: Date; validUntil: Date }) => ({
  validFrom,
  expiresAt: validUntil,
});

/**
 * Agencies, officers, agreements, exhibits and grants at random, as facts. Each part of a thing is right more often than
 * wrong, so that things fail in one part alone, in several, and in none.
 */
export class RandomWorld {
  /** No instant of the world lies within half an hour of it. */
  readonly now = new Date();
  readonly agencies: readonly { readonly id: AgencyId; readonly state: string }[];
  readonly officers: readonly ActingOfficer[];
  readonly exhibits: readonly ExhibitFacts[];
  readonly grants: readonly GrantFacts[];
  readonly agreements: readonly RandomAgreement[];
  /** Of each officer: how their keys stand, and the times of their certificate. */
  readonly certificates = new Map<string, { keyState: string; validFrom: string; validUntil?: string }>();
  /** Of the exhibit's case, where that is what says the team. */
  readonly teamOfCase = new Map<string, string | null>();

  constructor(private readonly random: () => number) {
    this.agencies = this.many(8, () => ({ id: randomUUID() as AgencyId, state: this.oneOf(STATES) }));
    this.officers = this.many(40, () => this.officer());
    this.agreements = this.many(8, () => this.agreement());
    this.exhibits = this.many(60, () => this.exhibit());
    this.grants = this.many(400, () => this.grant());
  }

  /** Half of them about a grant and an officer whom it is given to; the rest about anyone and anything. */
  question(): RandomQuestion {
    const act = this.oneOf(['retrieve', 'export'] as const);
    const grant = this.oneOf(this.grants);
    if (this.chance(0.6)) {
      const exhibit =
        this.exhibits.find(({ exhibitId }) => exhibitId === grant.exhibitIds[0]) ?? this.oneOf(this.exhibits);
      const officers = this.officers.filter(({ agencyId }) => agencyId === grant.toAgencyId);
      return { act, grant, exhibit, officer: officers.length > 0 ? this.oneOf(officers) : this.oneOf(this.officers) };
    }
    const exhibit = this.oneOf(this.exhibits);
    const own = this.officers.filter(({ agencyId }) => agencyId === exhibit.agencyId);
    const officer = this.chance(0.5) && own.length > 0 ? this.oneOf(own) : this.oneOf(this.officers);
    return { act, exhibit, officer, grant: this.chance(0.5) ? grant : null };
  }

  grantsReaching({ exhibitId }: ExhibitFacts, agencyId: AgencyId): GrantFacts[] {
    return this.grants.filter((grant) => grant.toAgencyId === agencyId && grant.exhibitIds.includes(exhibitId));
  }

  private officer(): ActingOfficer {
    const { id: agencyId, state } = this.oneOf(this.agencies);
    const officerId = randomUUID() as OfficerId;
    const [from, until] = [this.mostlyPast(0.95), this.chance(0.5) ? this.mostlyFuture(0.9) : undefined];
    const keyState = this.chance(0.9) ? 'certified' : this.oneOf(['none', 'enrolled', 'revoked']);
    this.certificates.set(officerId, {
      keyState,
      validFrom: from.toISOString(),
      ...(until && { validUntil: until.toISOString() }),
    });
    return {
      ...{ officerId, agencyId, state },
      roles: this.chance(0.8) ? [this.oneOf(['investigator', 'prosecutor'] as const)] : [this.oneOf(OFFICER_ROLES)],
      certified: keyState === 'certified' && from <= this.now && (until === undefined || this.now < until),
      filterTeam: this.chance(0.3),
    };
  }

  private agreement(): RandomAgreement {
    const parties = this.agencies.map(({ id }) => id).filter(() => this.chance(0.8));
    const thirdStates = STATES.filter(() => this.chance(0.1));
    const suspendedBy = parties.filter(() => this.chance(0.05));
    return {
      ...{ id: randomUUID(), teamId: randomUUID() as TeamId, parties, thirdStates },
      purposes: PURPOSES.filter(() => this.chance(0.85)),
      clauses: ['1', '2', '3'].filter(() => this.chance(0.9)),
      ...this.span(),
      suspended: this.chance(0.05),
      suspendedBy,
      endedFor: parties.filter((party) => !suspendedBy.includes(party) && this.chance(0.03)),
      thirdStateParties: this.agencies.flatMap(({ id, state }) =>
        parties.includes(id) && thirdStates.includes(state) ? [id] : [],
      ),
    };
  }

  private exhibit(): ExhibitFacts {
    const exhibitId = randomUUID() as ExhibitId;
    const { id: agencyId, state: agencyState } = this.oneOf(this.agencies);
    const teamId = this.chance(0.6) ? null : this.oneOf(this.agreements).teamId;
    this.teamOfCase.set(exhibitId, teamId !== null && this.chance(0.5) ? teamId : null);
    return {
      ...{ exhibitId, agencyId, agencyState, teamId },
      state: this.chance(0.85) ? 'sealed' : this.oneOf(EXHIBIT_STATES.filter((state) => state !== 'draft')),
      privileged: this.chance(0.08),
    };
  }

  private grant(): GrantFacts {
    const exhibit = this.oneOf(this.exhibits);
    const agreement =
      this.agreements.find(({ teamId }) => teamId === exhibit.teamId && this.chance(0.9)) ??
      this.oneOf(this.agreements);
    const fromAgencyId = this.chance(0.95) ? exhibit.agencyId : this.oneOf(this.agencies).id;
    const others = this.agencies.filter(({ id }) => id !== fromAgencyId);
    const [proposer, approver, releaser] = [
      this.oneOf(this.officers),
      this.oneOf(this.officers),
      this.oneOf(this.officers),
    ];
    // The database takes no approval by who proposed, nor a release by either of the two.
    const approved = approver !== proposer && this.chance(0.93);
    const released = releaser !== proposer && releaser !== approver && this.chance(0.5);
    return {
      grantId: randomUUID() as GrantId,
      state: this.chance(0.85) ? this.oneOf(['accepted', 'active'] as const) : this.oneOf(GRANT_STATES),
      exhibitIds: [exhibit.exhibitId, ...(this.chance(0.3) ? [this.oneOf(this.exhibits).exhibitId] : [])].filter(
        (id, at, all) => all.indexOf(id) === at,
      ),
      ...{ fromAgencyId, toAgencyId: this.oneOf(others).id, proposedBy: proposer.officerId },
      approvedBy: approved ? approver.officerId : null,
      purpose: 'in the proposer’s words',
      agreedPurpose: this.chance(0.97) ? this.oneOf(PURPOSES) : null,
      legalBasis: 'clause 1',
      clause: this.chance(0.5) ? null : this.oneOf(['1', '2', '3', '4']),
      ...expiring(this.span()),
      undertaken: this.chance(0.95),
      necessity: null,
      releasedBy: released ? releaser.officerId : null,
      agreement,
    };
  }

  /** Around now, mostly; else before it, or after. */
  private span(): { validFrom: Date; validUntil: Date } {
    const [validFrom, validUntil] = [this.mostlyPast(0.95), this.mostlyFuture(0.93)];
    return { validFrom, validUntil: validUntil > validFrom ? validUntil : new Date(validFrom.getTime() + HOUR) };
  }

  private mostlyPast(share: number): Date {
    return new Date(this.now.getTime() + (this.chance(share) ? -1 : 1) * this.between(1, 24) * HOUR);
  }

  private mostlyFuture(share: number): Date {
    return new Date(this.now.getTime() + (this.chance(share) ? 30 : -0.5) * this.between(1, 2) * HOUR);
  }

  private between = (least: number, most: number): number => least + this.random() * (most - least);
  private chance = (share: number): boolean => this.random() < share;
  private many<Thing>(count: number, make: () => Thing): Thing[] {
    return Array.from({ length: count }, make);
  }
  private oneOf<Thing>(things: readonly Thing[]): Thing {
    const thing = things[Math.floor(this.random() * things.length)];
    if (thing === undefined) throw new RangeError('there is none');
    return thing;
  }
}
