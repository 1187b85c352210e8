import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  type ActingOfficer,
  type Decision,
  decideApproval,
  type Denial,
  deny,
  type GrantFacts,
} from '#domain/authority';
import {
  type AcceptGrant,
  type GrantView,
  type Page,
  type PageQuery,
  Problem,
  type ProposeGrant,
} from '#domain/contract';
import type { EventKind } from '#domain/custody';
import { type GrantId, GRANT_TRANSITIONS, type GrantState, mayBecome } from '#domain/evidence';
import { Authority, denialOf, exhibitFacts, grantById, refusal, roleOf } from '#server/authority';
import { Custody, type Entry } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { Outbox } from '#server/outbox';
import { grantPage, grantView } from './grant-view.js';
import { keepWrappedKeys } from './wrapped-keys.js';

/** Grants: proposed, approved by a second officer, accepted by the recipient with an undertaking; refused, expired or revoked. */
@Injectable()
export class Grants {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly authority: Authority,
    private readonly outbox: Outbox,
    private readonly idempotency: Idempotency,
  ) {}

  async propose(actor: ActingOfficer, claim: IdempotencyClaim | null, body: ProposeGrant): Promise<GrantView> {
    for (const exhibitId of body.exhibitIds) await this.authority.require(actor, 'share', exhibitId);
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        for (const exhibitId of body.exhibitIds) await this.authority.requireIn(tx, actor, 'share', exhibitId);
        const grantId = await insertGrant(tx, actor, body);
        await keepWrappedKeys(tx, actor.agencyId, grantId, body);
        await this.tell(tx, actor, 'grant-proposed', await mustFind(tx, grantId), { hidden: true });
        return mustView(tx, grantId);
      }),
    );
  }

  /** Four eyes: by an approver of the proposing agency who did not propose it. */
  approve(actor: ActingOfficer, grantId: GrantId): Promise<GrantView> {
    return this.step(actor, grantId, 'approved', async (tx, grant) => {
      mustAllow(decideApproval(grant, actor, new Date()), 'approve', grant);
      await tx.query(
        `UPDATE amana.evidence_grant SET state = 'approved', approved_by = $2, version = version + 1 WHERE id = $1`,
        [grantId, actor.officerId],
      );
      return this.tell(tx, actor, 'grant-approved', grant);
    });
  }

  /** By the recipient agency, with the conditions undertaken: from then on the grant is live. */
  accept(actor: ActingOfficer, grantId: GrantId, { undertaking }: AcceptGrant): Promise<GrantView> {
    return this.step(actor, grantId, 'accepted', async (tx, grant) => {
      const [exhibitId] = grant.exhibitIds;
      if (grant.toAgencyId !== actor.agencyId || !exhibitId)
        throw new Problem('forbidden', 'only the recipient accepts');
      await this.authority.requireIn(tx, actor, 'accept', exhibitId);
      const state: GrantState = grant.validFrom <= new Date() ? 'active' : 'accepted';
      await tx.query(
        `UPDATE amana.evidence_grant SET state = $2, accepted_by = $3, undertaking = $4, version = version + 1 WHERE id = $1`,
        [grantId, state, actor.officerId, undertaking],
      );
      return this.tell(tx, actor, 'grant-accepted', grant);
    });
  }

  /** By either side before the grant is live, with the reason. */
  refuse(actor: ActingOfficer, grantId: GrantId, reason: string): Promise<GrantView> {
    return this.step(actor, grantId, 'refused', async (tx, grant) => {
      mustAllow(mayEnd(grant, actor), 'refuse', grant);
      await tx.query(
        `UPDATE amana.evidence_grant SET state = 'refused', reason = $2, version = version + 1 WHERE id = $1`,
        [grantId, reason],
      );
      return this.tell(tx, actor, 'grant-refused', grant, { reason, hidden: grant.state === 'proposed' });
    });
  }

  /** By the agency that gave it, at any time: running downloads stop. */
  revoke(actor: ActingOfficer, grantId: GrantId, reason: string): Promise<GrantView> {
    return this.step(actor, grantId, 'revoked', async (tx, grant) => {
      mustAllow(grant.fromAgencyId === actor.agencyId ? mayEnd(grant, actor) : deny('no-grant'), 'revoke', grant);
      await tx.query(
        `UPDATE amana.evidence_grant SET state = 'revoked', reason = $2, version = version + 1 WHERE id = $1`,
        [grantId, reason],
      );
      return this.tell(tx, actor, 'grant-revoked', grant, { reason, hidden: grant.state === 'proposed' });
    });
  }

  async find(actor: ActingOfficer, grantId: GrantId): Promise<GrantView> {
    return this.database.asOfficer(actor, (tx) => mustView(tx, grantId));
  }

  list(actor: ActingOfficer, query: PageQuery): Promise<Page<GrantView>> {
    return this.database.asOfficer(actor, (tx) => grantPage(tx, query));
  }

  /** One step of the life cycle under a lock on the grant: of two at once the second finds the state changed. */
  private async step(
    actor: ActingOfficer,
    grantId: GrantId,
    to: GrantState,
    work: (tx: Transaction, grant: GrantFacts) => Promise<void>,
  ): Promise<GrantView> {
    const outcome = await this.database.asOfficer(actor, async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 2))`, [grantId]);
      const grant = await grantById(tx, grantId);
      if (!grant) throw new Problem('not-found');
      if (!mayBecome(GRANT_TRANSITIONS, grant.state, to)) {
        throw new Problem('conflict', `a grant that is ${grant.state} cannot become ${to}`);
      }
      try {
        await work(tx, grant);
      } catch (error) {
        if (error instanceof Refused) return error;
        const denial = denialOf(error);
        if (denial) return new Refused(to, grant, denial);
        throw error;
      }
      return mustView(tx, grantId);
    });
    if (!(outcome instanceof Refused)) return outcome;
    await this.recordRefusal(actor, outcome);
    throw refusal(outcome.denial);
  }

  private async recordRefusal(actor: ActingOfficer, { act, grant, denial }: Refused): Promise<void> {
    const [exhibitId] = grant.exhibitIds;
    const exhibit = exhibitId && (await this.database.asOfficer(actor, (tx) => exhibitFacts(tx, exhibitId)));
    if (exhibit) await this.authority.recordRefusal(actor, act, exhibit, null, denial);
  }

  /** One event an exhibit of the grant. `hidden` keeps it from the counterpart until the grant is approved. */
  private async tell(
    tx: Transaction,
    actor: ActingOfficer,
    kind: EventKind,
    grant: GrantFacts,
    { reason, hidden = false }: { reason?: string; hidden?: boolean } = {},
  ): Promise<void> {
    const entries: Entry[] = [];
    for (const exhibitId of grant.exhibitIds) {
      const exhibit = await exhibitFacts(tx, exhibitId);
      if (!exhibit) throw new Problem('not-found');
      entries.push({
        visibleTo: hidden ? [grant.fromAgencyId] : [grant.fromAgencyId, grant.toAgencyId],
        statement: {
          kind,
          chain: { kind: 'case', id: exhibit.caseId },
          exhibitId,
          actor: {
            kind: 'officer',
            officerId: actor.officerId,
            agencyId: actor.agencyId,
            role: roleOf(actor, ['approver', 'prosecutor']),
          },
          counterpart: { agencyId: actor.agencyId === grant.fromAgencyId ? grant.toAgencyId : grant.fromAgencyId },
          ...(grant.agreement && { teamId: grant.agreement.teamId }),
          purpose: grant.purpose,
          authority: { grantId: grant.grantId, legalBasis: grant.legalBasis },
          ...(exhibit.manifestSha256 && { hashAfter: exhibit.manifestSha256 }),
          result: 'done',
          ...(reason && { reason }),
        },
      });
    }
    const [first] = await this.custody.append(tx, entries);
    if (first) await this.outbox.ask(tx, 'review-event', first.id, { eventId: first.id });
  }
}

function mustAllow(decision: Decision, act: string, grant: GrantFacts): void {
  if (!decision.allowed) throw new Refused(act, grant, decision);
}

/** Leaves the transaction with nothing done; told as a refusal once it is on the record. */
class Refused extends Error {
  constructor(
    readonly act: string,
    readonly grant: GrantFacts,
    readonly denial: Denial,
  ) {
    super(denial.because);
  }
}

/** Refusing and revoking are for certified officers of either side whose role carries sharing. */
function mayEnd(grant: GrantFacts, actor: ActingOfficer): Decision {
  if (!actor.certified) return deny('officer-not-certified');
  if (actor.agencyId !== grant.fromAgencyId && actor.agencyId !== grant.toAgencyId) return deny('no-grant');
  const entitled = actor.roles.some((role) => role === 'prosecutor' || role === 'investigator' || role === 'approver');
  return entitled ? { allowed: true, rule: 'own-agency' } : deny('role-not-entitled');
}

async function mustFind(tx: Transaction, grantId: GrantId): Promise<GrantFacts> {
  const grant = await grantById(tx, grantId);
  if (!grant) throw new Problem('not-found');
  return grant;
}

async function mustView(tx: Transaction, grantId: GrantId): Promise<GrantView> {
  const view = await grantView(tx, grantId);
  if (!view) throw new Problem('not-found');
  return view;
}

async function insertGrant(tx: Transaction, actor: ActingOfficer, body: ProposeGrant): Promise<GrantId> {
  const [team] = await tx.query<{ agreement_id: string; valid_until: Date; suspended: boolean; parties: string[] }[]>(
    `SELECT t.agreement_id, r.valid_until, r.suspended, ARRAY(SELECT m.agency_id::text FROM amana.team_agency m WHERE m.team_id = t.id) AS parties
     FROM amana.team t JOIN amana.agreement r ON r.id = t.agreement_id WHERE t.id = $1`,
    [body.teamId],
  );
  if (!team) throw new Problem('not-found', 'there is no such team, or not for you');
  if (!team.parties.includes(body.toAgencyId) || body.toAgencyId === actor.agencyId) {
    throw refusal(deny('recipient-not-a-party'));
  }
  const validFrom = body.validFrom ? new Date(body.validFrom) : new Date();
  const expiresAt = new Date(body.expiresAt);
  if (expiresAt <= validFrom || expiresAt <= new Date())
    throw new Problem('malformed-request', 'a grant must expire after it begins, in the future');
  if (team.suspended || expiresAt > team.valid_until) {
    throw refusal(deny('agreement-not-in-force'));
  }
  const grantId = randomUUID() as GrantId;
  await tx.query(
    `INSERT INTO amana.evidence_grant (id, from_agency_id, to_agency_id, team_id, agreement_id, proposed_by, purpose, legal_basis, clause, necessity, conditions, state, valid_from, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'proposed', $12, $13)`,
    [
      grantId,
      actor.agencyId,
      body.toAgencyId,
      body.teamId,
      team.agreement_id,
      actor.officerId,
      body.purpose,
      body.legalBasis,
      body.clause ?? null,
      body.necessity ?? null,
      body.conditions ?? null,
      validFrom,
      expiresAt,
    ],
  );
  await tx.query(
    `INSERT INTO amana.grant_exhibit (grant_id, exhibit_id, from_agency_id, to_agency_id) SELECT $1, x, $3, $4 FROM unnest($2::uuid[]) AS x`,
    [grantId, [...new Set(body.exhibitIds)], actor.agencyId, body.toAgencyId],
  );
  return grantId;
}
