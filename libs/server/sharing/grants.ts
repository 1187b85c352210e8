import { Injectable } from '@nestjs/common';
import {
  type ActingOfficer,
  decide,
  decideApproval,
  decideRecipient,
  decideRefusal,
  decideRelease,
  crossesThirdState,
  decideRevocation,
  type Decision,
  type Denial,
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
import { type GrantId, GRANT_TRANSITIONS, type GrantState, mayBecome } from '#domain/evidence';
import { Authority, denialOf, exhibitsFacts, grantById, type VersionedGrant } from '#server/authority';
import { Database, type Transaction } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { GrantEvents } from './grant-events.js';
import { grantPage, grantView } from './grant-view.js';
import { insertGrant } from './insert-grant.js';
import { keepWrappedKeys } from './wrapped-keys.js';

/** A change of a grant by an officer: the version it rests on, and the key under which it may be sent again. */
export interface GrantChange {
  readonly claim: IdempotencyClaim | null;
  readonly version: number;
}

/** Grants: proposed, approved by a second officer, accepted by the recipient with an undertaking; refused, expired or revoked. */
@Injectable()
export class Grants {
  constructor(
    private readonly database: Database,
    private readonly events: GrantEvents,
    private readonly authority: Authority,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * @throws Problem 'not-found' for an exhibit or team of others, 'forbidden' by the rule, 'malformed-request', 'idempotency-mismatch'
   */
  async propose(actor: ActingOfficer, claim: IdempotencyClaim | null, body: ProposeGrant): Promise<GrantView> {
    for (const exhibitId of body.exhibitIds) await this.authority.require(actor, 'share', exhibitId);
    const proposing = this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        for (const exhibitId of body.exhibitIds) await this.authority.requireIn(tx, actor, 'share', exhibitId);
        const grantId = await insertGrant(tx, actor, body);
        await keepWrappedKeys(tx, actor.agencyId, grantId, body);
        await this.events.tell(tx, actor, 'grant-proposed', await mustFind(tx, grantId), { hidden: true });
        return mustView(tx, grantId);
      }),
    );
    return proposing.catch((error: unknown) => this.refused(actor, 'share', body.exhibitIds, error));
  }

  /** Four eyes: by an approver of the proposing agency who did not propose it. */
  approve(actor: ActingOfficer, grantId: GrantId, change: GrantChange): Promise<GrantView> {
    const may = (grant: GrantFacts) => decideApproval(grant, actor, new Date());
    return this.step(actor, grantId, 'approved', { ...change, may }, async (tx, grant) => {
      await tx.query(
        `UPDATE amana.evidence_grant SET state = 'approved', approved_by = $2, version = version + 1 WHERE id = $1`,
        [grantId, actor.officerId],
      );
      return this.events.tell(tx, actor, 'grant-approved', grant);
    });
  }

  /**
   * At the gate of third states: by an administrator of the team who neither proposed nor approved it. Until then nobody may accept it.
   * @throws Problem 'conflict' when it does not wait there
   */
  async release(actor: ActingOfficer, grantId: GrantId, change: GrantChange, reason: string): Promise<GrantView> {
    const administers = await this.database.asOfficer(actor, (tx) => administersTeamOf(tx, grantId, actor));
    const may = (grant: GrantFacts) => decideRelease(grant, actor, administers, new Date());
    return this.step(actor, grantId, 'release', { ...change, may }, async (tx, grant) => {
      if (!crossesThirdState(grant) || grant.releasedBy !== null)
        throw new Problem('conflict', 'the grant does not wait to be released');
      await tx.query(
        `UPDATE amana.evidence_grant SET released_by = $2, released_at = now(), release_reason = $3, version = version + 1 WHERE id = $1`,
        [grantId, actor.officerId, reason],
      );
      return this.events.tell(tx, actor, 'grant-released', grant, { reason });
    });
  }

  /** By the recipient agency, with the conditions undertaken, for all its exhibits or none: from then on the grant is live in its time. */
  accept(
    actor: ActingOfficer,
    grantId: GrantId,
    change: GrantChange,
    { undertaking }: AcceptGrant,
  ): Promise<GrantView> {
    const may = (grant: GrantFacts) => decideRecipient(grant, actor);
    return this.step(actor, grantId, 'accepted', { ...change, may }, async (tx, grant) => {
      const now = new Date();
      const exhibits = await exhibitsFacts(tx, grant.exhibitIds);
      // By this very grant: that another one reaches the exhibit lets nobody accept this.
      for (const exhibit of exhibits)
        mustAllow(decide({ act: 'accept', actor, exhibit, grants: [grant], purpose: null }, now));
      if (exhibits.length === 0 || exhibits.length < grant.exhibitIds.length) throw new Problem('not-found');
      const state: GrantState = grant.validFrom <= now ? 'active' : 'accepted';
      await tx.query(
        `UPDATE amana.evidence_grant SET state = $2, accepted_by = $3, undertaking = $4, version = version + 1 WHERE id = $1`,
        [grantId, state, actor.officerId, undertaking],
      );
      return this.events.tell(tx, actor, 'grant-accepted', grant);
    });
  }

  /** By either side before the grant is live, with the reason. */
  refuse(actor: ActingOfficer, grantId: GrantId, change: GrantChange, reason: string): Promise<GrantView> {
    const may = (grant: GrantFacts) => decideRefusal(grant, actor);
    return this.step(actor, grantId, 'refused', { ...change, may }, async (tx, grant) => {
      await tx.query(
        `UPDATE amana.evidence_grant SET state = 'refused', reason = $2, version = version + 1 WHERE id = $1`,
        [grantId, reason],
      );
      return this.events.tell(tx, actor, 'grant-refused', grant, { reason, hidden: grant.state === 'proposed' });
    });
  }

  /** By the agency that gave it, at any time: running downloads stop. */
  revoke(actor: ActingOfficer, grantId: GrantId, change: GrantChange, reason: string): Promise<GrantView> {
    const may = (grant: GrantFacts) => decideRevocation(grant, actor);
    return this.step(actor, grantId, 'revoked', { ...change, may }, async (tx, grant) => {
      await tx.query(
        `UPDATE amana.evidence_grant SET state = 'revoked', reason = $2, version = version + 1 WHERE id = $1`,
        [grantId, reason],
      );
      return this.events.tell(tx, actor, 'grant-revoked', grant, { reason, hidden: grant.state === 'proposed' });
    });
  }

  async find(actor: ActingOfficer, grantId: GrantId): Promise<GrantView> {
    return this.database.asOfficer(actor, (tx) => mustView(tx, grantId));
  }

  list(actor: ActingOfficer, query: PageQuery): Promise<Page<GrantView>> {
    return this.database.asOfficer(actor, (tx) => grantPage(tx, query));
  }

  /**
   * One step of the life cycle under a lock on the grant, once a key, by who may take it: of two at once the second finds the version changed.
   * @throws Problem 'not-found', 'precondition-failed', 'conflict' by the life cycle, 'forbidden' by the rule, 'idempotency-mismatch'
   */
  private async step(
    actor: ActingOfficer,
    grantId: GrantId,
    to: GrantState | 'release',
    { claim, version, may }: GrantChange & { readonly may: (grant: GrantFacts) => Decision },
    work: (tx: Transaction, grant: VersionedGrant) => Promise<void>,
  ): Promise<GrantView> {
    let exhibitIds: VersionedGrant['exhibitIds'] = [];
    const stepping = this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 2))`, [grantId]);
        const grant = await mustFind(tx, grantId);
        exhibitIds = grant.exhibitIds;
        // First of all, so that nobody learns from another answer how a grant stands that they may not touch.
        mustAllow(may(grant));
        if (grant.version !== version) throw new Problem('precondition-failed');
        mustBeAllowedToBecome(grant.state, to);
        await work(tx, grant);
        return mustView(tx, grantId);
      }),
    );
    return stepping.catch((error: unknown) => this.refused(actor, to, exhibitIds, error));
  }

  /** The transaction is gone, with nothing done: a refusal in it goes on the record in one of its own, once, at its first exhibit. */
  private async refused(
    actor: ActingOfficer,
    act: string,
    exhibitIds: VersionedGrant['exhibitIds'],
    error: unknown,
  ): Promise<never> {
    const denial = error instanceof Refused ? error.denial : denialOf(error);
    if (!denial) throw error;
    const [exhibit] = await this.database.asOfficer(actor, (tx) => exhibitsFacts(tx, exhibitIds.slice(0, 1)));
    throw await this.authority.refuse(actor, act, denial, exhibit ?? null);
  }
}

/** Leaves the transaction with nothing done. */
class Refused extends Error {
  constructor(readonly denial: Denial) {
    super(denial.because);
  }
}

function mustAllow(decision: Decision): void {
  if (!decision.allowed) throw new Refused(decision);
}

/** A release is no step of its own: what is approved stays so until the recipient accepts it. @throws Problem 'conflict' */
function mustBeAllowedToBecome(from: GrantState, to: GrantState | 'release'): void {
  const allowed = to === 'release' ? from === 'approved' : mayBecome(GRANT_TRANSITIONS, from, to);
  if (!allowed)
    throw new Problem('conflict', `a grant that is ${from} cannot become ${to === 'release' ? 'released' : to}`);
}

/** Whether the officer administers the team that a grant is of, now. False for a grant that this transaction may not see. */
async function administersTeamOf(tx: Transaction, grantId: GrantId, { officerId }: ActingOfficer): Promise<boolean> {
  const [row] = await tx.query<{ administers: boolean }[]>(
    `SELECT amana.administers_team(team_id, $2) AS administers FROM amana.evidence_grant WHERE id = $1`,
    [grantId, officerId],
  );
  return row?.administers ?? false;
}

async function mustFind(tx: Transaction, grantId: GrantId): Promise<VersionedGrant> {
  const grant = await grantById(tx, grantId);
  if (!grant) throw new Problem('not-found');
  return grant;
}

async function mustView(tx: Transaction, grantId: GrantId): Promise<GrantView> {
  const view = await grantView(tx, grantId);
  if (!view) throw new Problem('not-found');
  return view;
}
