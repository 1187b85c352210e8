import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  type ActingOfficer,
  decideErasureApproval,
  decideErasureApprover,
  decideErasureProposal,
  decideErasureReading,
  decideErasureStanding,
  type Decision,
} from '#domain/authority';
import { type ErasureView, type Page, type PageQuery, Problem } from '#domain/contract';
import { type EventKind, type LegalGround } from '#domain/custody';
import { ERASURE_TRANSITIONS, ErasureId, type ErasureState, type EventId, mayBecome } from '#domain/evidence';
import { actingAs, Authority, denialOf, refusal } from '#server/authority';
import { CONFIG, type Config } from '#server/config';
import { Custody } from '#server/custody';
import { Database, sqlStateOf, type Transaction, UNIQUE_VIOLATION } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { erasurePage, erasureView } from './erasure-view.js';
import { type EventToErase, eventToErase } from './erasure-facts.js';

/** A decision on a proposal: the version it rests on, and the key under which it may be sent again. */
export interface ErasureDecision {
  readonly claim: IdempotencyClaim | null;
  readonly version: number;
}

/**
 * Erasure of events under law (Directive (EU) 2016/680 Art. 16(2)): proposed by one officer of the agency that holds the event, approved by
 * another. What is approved is destroyed in the same transaction as the record says so; the commitment stays, and with it the log.
 */
@Injectable()
export class Erasures {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly authority: Authority,
    private readonly idempotency: Idempotency,
    @Inject(CONFIG) private readonly config: Pick<Config, 'logOrigin'>,
  ) {}

  /** @throws Problem 'not-found' for an event of others, 'forbidden' by the rule, 'conflict' when it is proposed already */
  async propose(
    actor: ActingOfficer,
    claim: IdempotencyClaim | null,
    eventId: EventId,
    ground: LegalGround,
  ): Promise<ErasureView> {
    const id = ErasureId.parse(randomUUID());
    const proposing = this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        const event = await mustHold(tx, actor, eventId);
        mustAllow(decideErasureProposal(event, actor));
        await tx.query(
          `INSERT INTO amana.erasure (id, event_id, agency_id, instrument, number, reason, proposed_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
          [id, eventId, actor.agencyId, ground.instrument, ground.number, ground.reason, actor.officerId],
        );
        await this.tell(tx, actor, 'erasure-proposed', event, { id, ground });
        return mustFind(tx, id);
      }),
    );
    return proposing.catch((error: unknown) => {
      if (sqlStateOf(error) === UNIQUE_VIOLATION)
        throw new Problem('conflict', 'the erasure of this event is proposed');
      return this.refused(actor, 'propose-erasure', eventId, error);
    });
  }

  /**
   * Four eyes: by an approver of the same agency who did not propose it. A crash leaves either the proposal as it was, or the event erased
   * and the record saying so: it is one transaction.
   */
  approve(actor: ActingOfficer, id: ErasureId, decision: ErasureDecision): Promise<ErasureView> {
    const may = decideErasureApprover(actor);
    return this.step(actor, id, 'approved', { ...decision, may }, async (tx, erasure) => {
      const { ground, proposedBy } = erasure;
      const event = await mustHold(tx, actor, erasure.eventId);
      mustAllow(decideErasureApproval(event, proposedBy, actor));
      await this.decide(tx, actor, id, 'approved', null);
      const said = await this.tell(tx, actor, 'event-erased', event, { id, ground, proposedBy });
      await tx.query('SELECT amana.erase_event($1, $2)', [id, said]);
    });
  }

  /** By whoever may propose; of one's own proposal it is its withdrawal. */
  refuse(actor: ActingOfficer, id: ErasureId, decision: ErasureDecision, reason: string): Promise<ErasureView> {
    const may = decideErasureStanding(actor);
    return this.step(actor, id, 'refused', { ...decision, may }, async (tx, { eventId, ground, proposedBy }) => {
      const event = await mustHold(tx, actor, eventId);
      await this.decide(tx, actor, id, 'refused', reason);
      await this.tell(tx, actor, 'erasure-refused', event, { id, ground, proposedBy }, reason);
    });
  }

  async find(actor: ActingOfficer, id: ErasureId): Promise<ErasureView> {
    await this.mustRead(actor);
    return this.database.asOfficer(actor, (tx) => mustFind(tx, id));
  }

  async list(actor: ActingOfficer, query: PageQuery): Promise<Page<ErasureView>> {
    await this.mustRead(actor);
    return this.database.asOfficer(actor, (tx) => erasurePage(tx, query));
  }

  /** One step under a lock on the proposal, once a key: of two at once the second finds the version changed. */
  private async step(
    actor: ActingOfficer,
    id: ErasureId,
    to: ErasureState,
    { claim, version, may }: ErasureDecision & { readonly may: Decision },
    work: (tx: Transaction, erasure: ErasureView) => Promise<void>,
  ): Promise<ErasureView> {
    await this.mustRead(actor);
    let eventId: EventId | null = null;
    const stepping = this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 4))`, [id]);
        const erasure = await mustFind(tx, id);
        eventId = erasure.eventId;
        mustAllow(may);
        if (erasure.version !== version) throw new Problem('precondition-failed');
        if (!mayBecome(ERASURE_TRANSITIONS, erasure.state, to))
          throw new Problem('conflict', `an erasure that is ${erasure.state} cannot become ${to}`);
        await work(tx, erasure);
        return mustFind(tx, id);
      }),
    );
    return stepping.catch((error: unknown) => this.refused(actor, `${to}-erasure`, eventId, error));
  }

  private async decide(
    tx: Transaction,
    actor: ActingOfficer,
    id: ErasureId,
    state: ErasureState,
    why: string | null,
  ): Promise<void> {
    await tx.query(
      `UPDATE amana.erasure SET state = $2, decided_by = $3, decided_at = now(), refusal = $4, version = version + 1 WHERE id = $1`,
      [id, state, actor.officerId, why],
    );
  }

  /** Where the event stands itself, to all who may read it: by index, commitment and ground, never by what it said. */
  private async tell(
    tx: Transaction,
    actor: ActingOfficer,
    kind: EventKind,
    { chain, exhibitId, agencyIds, commitment, index }: EventToErase,
    { id, ground, proposedBy }: { id: ErasureId; ground: LegalGround; proposedBy?: string },
    reason?: string,
  ): Promise<EventId> {
    if (index === null) throw new Problem('conflict', 'the event has no place in the log yet');
    const [told] = await this.custody.append(tx, [
      {
        visibleTo: kind === 'event-erased' ? agencyIds : [],
        statement: {
          kind,
          chain,
          ...(exhibitId && { exhibitId }),
          actor: actingAs(actor, ['approver', 'agency-admin']),
          ...(reason !== undefined && { reason }),
          erasure: { origin: this.config.logOrigin, index, commitment: commitment.toString('base64'), ground },
          result: 'done',
          detail: { erasureId: id, ...(proposedBy !== undefined && { proposedBy }) },
        },
      },
    ]);
    if (!told) throw new Error('an event was not appended');
    return told.id;
  }

  private async mustRead(actor: ActingOfficer): Promise<void> {
    const decision = decideErasureReading(actor);
    if (!decision.allowed) throw await this.authority.refuse(actor, 'erasures', decision, null);
  }

  /** The transaction is gone, with nothing done: a refusal in it goes on the record in one of its own, where the event stands. */
  private async refused(actor: ActingOfficer, act: string, eventId: EventId | null, error: unknown): Promise<never> {
    const denial = denialOf(error);
    if (!denial) throw error;
    const event = eventId && (await this.database.asOfficer(actor, (tx) => eventToErase(tx, actor.agencyId, eventId)));
    const place =
      event && event.chain.kind === 'case'
        ? { ...(event.exhibitId && { exhibitId: event.exhibitId }), caseId: event.chain.id, agencyId: actor.agencyId }
        : null;
    throw await this.authority.refuse(actor, act, denial, place);
  }
}

function mustAllow(decision: Decision): void {
  if (!decision.allowed) throw refusal(decision);
}

async function mustHold(tx: Transaction, actor: ActingOfficer, eventId: EventId): Promise<EventToErase> {
  const event = await eventToErase(tx, actor.agencyId, eventId);
  if (!event) throw new Problem('not-found');
  return event;
}

async function mustFind(tx: Transaction, id: ErasureId): Promise<ErasureView> {
  const erasure = await erasureView(tx, id);
  if (!erasure) throw new Problem('not-found');
  return erasure;
}
