import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
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

interface Agreement extends AgreementFacts {
  readonly id: string;
  readonly thirdStates: readonly string[];
}

const HOUR = 3_600_000;
const PURPOSES = ['trial', 'search', 'recovery of proceeds'];
const STATES = ['LY', 'IT', 'EG', 'MT'];

const TABLES = [
  ...[
    'file_key',
    'retrieval',
    'grant_exhibit',
    'evidence_grant',
    'evidence_file',
    'exhibit',
    'case_file',
    'agreement_stance',
  ],
  ...['team_agency', 'team', 'agreement', 'officer', 'agency'],
];

/** As an agreement's instrument or an officer's certificate lies in the database: what is signed, and no signature. */
const jwsOf = (said: unknown) => ({ payload: Buffer.from(JSON.stringify(said)).toString('base64url') });

const expiring = ({ validFrom, validUntil }: { validFrom: Date; validUntil: Date }) => ({
  validFrom,
  expiresAt: validUntil,
});

const agreementRow = ({ id, purposes, clauses, thirdStates, validFrom, validUntil, suspended }: Agreement) => ({
  ...{ id, suspended, valid_from: validFrom, valid_until: validUntil },
  instrument: jwsOf({ purposes, thirdStates, clauses: clauses.map((number) => ({ number })) }),
});

/**
 * Agencies, officers, agreements, exhibits and grants at random, as facts and as rows. Each part of a thing is right more often than
 * wrong, so that things fail in one part alone, in several, and in none.
 */
export class RandomWorld {
  /** No instant of the world lies within half an hour of it. */
  readonly now = new Date();
  readonly agencies: readonly { readonly id: AgencyId; readonly state: string }[];
  readonly officers: readonly ActingOfficer[];
  readonly exhibits: readonly ExhibitFacts[];
  readonly grants: readonly GrantFacts[];
  private readonly agreements: readonly Agreement[];
  private readonly certificates = new Map<string, { keyState: string; validFrom: string; validUntil?: string }>();
  /** Of the exhibit's case, where that is what says the team. */
  private readonly teamOfCase = new Map<string, string | null>();

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

  private agreement(): Agreement {
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

  /** Puts the world in the place of the one before, past triggers and foreign keys. */
  async write(client: Client): Promise<void> {
    const insert = async (table: string, rows: readonly Record<string, unknown>[]) => {
      await client.query(
        `INSERT INTO amana.${table} (${Object.keys(rows[0] ?? {}).join(', ')})
        SELECT ${Object.keys(rows[0] ?? {}).join(', ')} FROM jsonb_populate_recordset(NULL::amana.${table}, $1)`,
        [JSON.stringify(rows)],
      );
    };
    await client.query(`SET session_replication_role = replica`);
    for (const table of TABLES) await client.query(`DELETE FROM amana.${table}`);
    await insert(
      'agency',
      this.agencies.map(({ id, state }) => ({
        id,
        state,
        name: id,
        kind: 'court',
        contact: 'c',
        key_epoch: 1,
        created_at: this.now,
      })),
    );
    await insert(
      'officer',
      this.officers.map((officer) => this.officerRow(officer)),
    );
    await client.query(
      `INSERT INTO amana.agreement (id, title, instrument, valid_from, valid_until, suspended)
       SELECT id, 't', instrument, valid_from, valid_until, suspended FROM jsonb_to_recordset($1)
         AS r(id uuid, instrument jsonb, valid_from timestamptz, valid_until timestamptz, suspended boolean)`,
      [JSON.stringify(this.agreements.map(agreementRow))],
    );
    await insert(
      'team',
      this.agreements.map(({ id, teamId }) => ({ id: teamId, agreement_id: id, name: 't', created_at: this.now })),
    );
    await insert(
      'team_agency',
      this.agreements.flatMap(({ teamId, parties }) => parties.map((agency_id) => ({ team_id: teamId, agency_id }))),
    );
    await insert(
      'agreement_stance',
      this.agreements.flatMap((agreement) => this.stanceRows(agreement)),
    );
    await insert(
      'case_file',
      this.exhibits.map((exhibit) => ({ ...this.caseRow(exhibit) })),
    );
    await insert(
      'exhibit',
      this.exhibits.map((exhibit) => this.exhibitRow(exhibit)),
    );
    await insert(
      'evidence_file',
      this.exhibits.map(({ exhibitId, agencyId }) => ({
        id: exhibitId,
        exhibit_id: exhibitId,
        agency_id: agencyId,
        position: 0,
        name: 'n',
        media_type: 'm',
        size_bytes: 1,
        sealed_size_bytes: 1,
        state: 'stored',
      })),
    );
    await insert(
      'evidence_grant',
      this.grants.map((grant) => this.grantRow(grant)),
    );
    await insert(
      'grant_exhibit',
      this.grants.flatMap(({ grantId, exhibitIds, fromAgencyId, toAgencyId }) =>
        exhibitIds.map((exhibit_id) => ({
          grant_id: grantId,
          exhibit_id,
          from_agency_id: fromAgencyId,
          to_agency_id: toAgencyId,
        })),
      ),
    );
    await insert(
      'file_key',
      this.grants.flatMap(({ grantId, exhibitIds, toAgencyId }) =>
        exhibitIds.map((file_id) => ({ file_id, agency_id: toAgencyId, grant_id: grantId, header: '\\x00' })),
      ),
    );
    await client.query(`SET session_replication_role = origin`);
  }

  private officerRow({ officerId, agencyId, roles, filterTeam }: ActingOfficer): Record<string, unknown> {
    const { keyState, ...times } = this.certificates.get(officerId) ?? { keyState: 'none' };
    return {
      ...{ id: officerId, agency_id: agencyId, issuer: 'i', subject: officerId, email: officerId, name: 'n', roles },
      ...{ key_state: keyState, certificate: jwsOf(times), filter_team: filterTeam, created_at: this.now },
    };
  }

  private stanceRows({ id, parties, suspendedBy, endedFor }: Agreement): Record<string, unknown>[] {
    return parties.flatMap((agency_id) => {
      const stance = suspendedBy.includes(agency_id)
        ? 'suspended'
        : endedFor.includes(agency_id)
          ? 'ended'
          : 'standing';
      const said = { reason: 'r', statement: {}, statement_sha256: '\\x00', since: this.now };
      return stance === 'standing' && this.chance(0.5) ? [] : [{ agreement_id: id, agency_id, stance, ...said }];
    });
  }

  private caseRow({ exhibitId, agencyId }: ExhibitFacts): Record<string, unknown> {
    const team_id = this.teamOfCase.get(exhibitId) ?? null;
    return {
      id: exhibitId,
      agency_id: agencyId,
      number: exhibitId,
      team_id,
      closed: false,
      opened_by: this.officers[0]?.officerId,
      opened_at: this.now,
    };
  }

  /** Its team is said by itself, or by its case. */
  private exhibitRow({ exhibitId, agencyId, state, privileged, teamId }: ExhibitFacts): Record<string, unknown> {
    return {
      ...{
        id: exhibitId,
        case_id: exhibitId,
        agency_id: agencyId,
        officer_id: this.officers[0]?.officerId,
        number: exhibitId,
      },
      ...{
        state,
        privileged,
        team_id: this.teamOfCase.get(exhibitId) ? null : teamId,
        facts: {},
        registration_sha256: '\\x00',
      },
      ...{ file_count: 1, sealed_size_bytes: 1, registered_at: this.now, version: 1 },
    };
  }

  private grantRow(grant: GrantFacts): Record<string, unknown> {
    const released =
      grant.releasedBy === null ? {} : { released_by: grant.releasedBy, released_at: this.now, release_reason: 'r' };
    const agreement = grant.agreement as Agreement;
    return {
      ...{
        id: grant.grantId,
        from_agency_id: grant.fromAgencyId,
        to_agency_id: grant.toAgencyId,
        team_id: agreement.teamId,
        agreement_id: agreement.id,
      },
      ...{
        proposed_by: grant.proposedBy,
        approved_by: grant.approvedBy,
        purpose: grant.purpose,
        agreed_purpose: grant.agreedPurpose,
        legal_basis: 'b',
        clause: grant.clause,
      },
      ...{
        undertaking: grant.undertaken ? 'u' : null,
        state: grant.state,
        proposed_at: this.now,
        valid_from: grant.validFrom,
        expires_at: grant.expiresAt,
        version: 1,
      },
      ...{ released_by: null, released_at: null, release_reason: null, ...released },
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
