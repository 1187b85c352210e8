import { createHash, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type ActingOfficer, decideRequest, type RequestAct, type RequestFacts } from '#domain/authority';
import {
  type AnswerRequest,
  type ChangeRequest,
  type ClarifyRequest,
  type DraftRequest,
  type FulfilRequest,
  Problem,
  type RequestView,
} from '#domain/contract';
import { type GrantId, mayBecome, REQUEST_TRANSITIONS, RequestId, type RequestState } from '#domain/evidence';
import { groundOf } from '#domain/requests';
import { grantById, refusal, type VersionedGrant } from '#server/authority';
import { Database, type Transaction } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { digestOf, factsOfDraft, teamOf } from './drafted-request.js';
import { deadlinesAt, endDeadlines, setDeadlines } from './request-deadlines.js';
import { RequestEvents } from './request-events.js';
import { type RequestRow, requestRow, requestView } from './request-rows.js';

/** A change of a request by an officer: the version it rests on, and the key under which it may be sent again. */
export interface RequestChange {
  readonly claim: IdempotencyClaim | null;
  readonly version: number;
}

/** What is written of one request in a thread, at most. */
const MAX_CLARIFICATIONS = 500;

/**
 * Requests for evidence: drafted and submitted by one authority, acknowledged and answered by another, fulfilled by grants. All steps throw
 * Problem 'not-found' for a request of others, 'forbidden' by the rule, 'precondition-failed', 'conflict' by the life cycle, and
 * 'idempotency-mismatch'.
 */
@Injectable()
export class Requests {
  constructor(
    private readonly database: Database,
    private readonly events: RequestEvents,
    private readonly idempotency: Idempotency,
  ) {}

  /** Nobody else sees it yet, and nothing is on the record: it is a paper on the officer's own desk. */
  draft(
    actor: ActingOfficer,
    claim: IdempotencyClaim | null,
    { toAgencyId, form }: DraftRequest,
  ): Promise<RequestView> {
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        mustAllow({ kind: 'draft' }, actor, await factsOfDraft(tx, actor, { toAgencyId, form }), new Date());
        const id = RequestId.parse(randomUUID());
        await tx.query(
          `INSERT INTO amana.evidence_request (id, instrument, urgency, reference, from_agency_id, to_agency_id, team_id, form, form_sha256, drafted_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, decode($9, 'hex'), $10)`,
          [
            ...[id, form.instrument, form.urgency, form.reference, actor.agencyId, toAgencyId, teamOf(form)],
            ...[JSON.stringify(form), digestOf(form), actor.officerId],
          ],
        );
        return mustView(tx, id);
      }),
    );
  }

  /** The whole form anew, of the same instrument, as long as it is a draft. */
  change(actor: ActingOfficer, id: RequestId, version: number, { form }: ChangeRequest): Promise<RequestView> {
    return this.step(actor, id, { claim: null, version }, { kind: 'draft' }, async (tx, request) => {
      if (request.state !== 'draft') throw new Problem('conflict', 'a request that was submitted stays as it was');
      if (form.instrument !== request.instrument)
        throw new Problem('conflict', 'a draft keeps its instrument; draft another');
      const { toAgencyId } = request;
      mustAllow({ kind: 'draft' }, actor, await factsOfDraft(tx, actor, { toAgencyId, form }), new Date());
      await tx.query(
        `UPDATE amana.evidence_request SET urgency = $2, reference = $3, team_id = $4, form = $5, form_sha256 = decode($6, 'hex'),
           version = version + 1 WHERE id = $1`,
        [id, form.urgency, form.reference, teamOf(form), JSON.stringify(form), digestOf(form)],
      );
    });
  }

  /** From now on the authority asked sees it, as it is and stays, and its periods run. */
  submit(actor: ActingOfficer, id: RequestId, change: RequestChange): Promise<RequestView> {
    return this.step(actor, id, change, { kind: 'submit' }, async (tx, request, now) => {
      mustBecome(request, 'submitted');
      const { executeBy } = request.form;
      if (executeBy !== undefined && new Date(executeBy) <= now)
        throw new Problem('conflict', 'the date by which it is to be executed has passed');
      await tx.query(
        `UPDATE amana.evidence_request SET state = 'submitted', submitted_by = $2, submitted_at = $3, version = version + 1 WHERE id = $1`,
        [id, actor.officerId, now],
      );
      const submitted = { ...request, submitted: true, submittedAt: now };
      await setDeadlines(tx, id, deadlinesAt(submitted), now);
      await this.events.tell(tx, actor, 'request-submitted', submitted, { hashAfter: request.formSha256 });
    });
  }

  acknowledge(actor: ActingOfficer, id: RequestId, change: RequestChange): Promise<RequestView> {
    return this.step(actor, id, change, { kind: 'acknowledge' }, async (tx, request, now) => {
      mustBecome(request, 'acknowledged');
      await tx.query(
        `UPDATE amana.evidence_request SET state = 'acknowledged', acknowledged_by = $2, acknowledged_at = $3, version = version + 1 WHERE id = $1`,
        [id, actor.officerId, now],
      );
      await endDeadlines(tx, id, now, ['acknowledgement']);
      await this.events.tell(tx, actor, 'request-acknowledged', request);
    });
  }

  /** Whatever is less than all that was asked for rests on a ground that the instrument lists. */
  answer(actor: ActingOfficer, id: RequestId, change: RequestChange, answer: AnswerRequest): Promise<RequestView> {
    const use = answer.outcome === 'postponed' ? 'postponement' : 'refusal';
    const ground = 'ground' in answer ? ({ use, name: answer.ground } as const) : null;
    return this.step(actor, id, change, { kind: 'answer', ground }, async (tx, request, now) => {
      mustBecome(request, answer.outcome);
      const until = answer.outcome === 'postponed' ? new Date(answer.until) : null;
      if (until !== null && until <= now)
        throw new Problem('conflict', 'it is postponed to an instant that has passed');
      const source = ground && groundOf(request.instrument, ground.use, ground.name)?.source;
      const said = { ...answer, ...(source && { source }) };
      await tx.query(
        `UPDATE amana.evidence_request SET state = $2, answered_by = $3, answered_at = $4, answer = $5, version = version + 1 WHERE id = $1`,
        [id, answer.outcome, actor.officerId, now, JSON.stringify(said)],
      );
      await this.moveDeadlines(tx, request, answer.outcome, until, now);
      await this.events.tell(tx, actor, 'request-answered', request, {
        hashAfter: digestOf(said),
        detail: {
          outcome: answer.outcome,
          ...(ground && { ground: ground.name }),
          ...(source && { source }),
          ...(until && { until: until.toISOString() }),
        },
      });
    });
  }

  /** By either side, in a thread that stays: nothing written in it is changed. */
  clarify(
    actor: ActingOfficer,
    id: RequestId,
    claim: IdempotencyClaim | null,
    { text }: ClarifyRequest,
  ): Promise<RequestView> {
    return this.step(actor, id, { claim, version: null }, { kind: 'clarify' }, async (tx, request, now) => {
      const isOpen = request.submitted && request.state !== 'closed' && request.state !== 'withdrawn';
      if (!isOpen) throw new Problem('conflict', `nothing is clarified of a request that is ${request.state}`);
      const [{ count } = { count: 0 }] = await tx.query<{ count: number }[]>(
        `SELECT count(*)::int AS count FROM amana.request_clarification WHERE request_id = $1`,
        [id],
      );
      if (count >= MAX_CLARIFICATIONS) throw new Problem('conflict', 'the thread of this request is full');
      await tx.query(
        `INSERT INTO amana.request_clarification (request_id, position, agency_id, officer_id, text, written_at) VALUES ($1, $2, $3, $4, $5, $6)`,
        [id, count + 1, actor.agencyId, actor.officerId, text, now],
      );
      await tx.query(`UPDATE amana.evidence_request SET version = version + 1 WHERE id = $1`, [id]);
      await this.events.tell(tx, actor, 'request-clarified', request, {
        hashAfter: createHash('sha256').update(text).digest('hex'),
        detail: { position: count + 1 },
      });
    });
  }

  /** By grants that a second officer has approved: what opens the evidence is they, not this. */
  fulfil(
    actor: ActingOfficer,
    id: RequestId,
    change: RequestChange,
    { grantIds }: FulfilRequest,
  ): Promise<RequestView> {
    let grants: readonly VersionedGrant[] = [];
    const act = async (tx: Transaction): Promise<RequestAct> => {
      grants = await mustFindGrants(tx, grantIds);
      return { kind: 'fulfil', grants };
    };
    return this.step(actor, id, change, act, async (tx, request, now) => {
      mustBecome(request, 'fulfilled');
      if (grants.length === 0 && request.instrument !== 'spontaneous')
        throw new Problem('conflict', 'a request is fulfilled by one grant at least');
      await tx.query(
        `INSERT INTO amana.request_grant (request_id, grant_id) SELECT $1, g FROM unnest($2::uuid[]) AS g`,
        [id, grants.map(({ grantId }) => grantId)],
      );
      await tx.query(
        `UPDATE amana.evidence_request SET state = 'fulfilled', fulfilled_at = $2, version = version + 1 WHERE id = $1`,
        [id, now],
      );
      await endDeadlines(tx, id, now);
      const detail = { grantIds: grants.map(({ grantId }) => grantId).join(' ') };
      await this.events.tell(tx, actor, 'request-fulfilled', request, { detail });
    });
  }

  /** The asking authority has what it needs, or knows that it will not get it. */
  close(actor: ActingOfficer, id: RequestId, change: RequestChange): Promise<RequestView> {
    return this.end(actor, id, change, 'closed', null);
  }

  /** The asking authority needs it no longer; of a draft, it never asked. */
  withdraw(actor: ActingOfficer, id: RequestId, change: RequestChange, reason: string): Promise<RequestView> {
    return this.end(actor, id, change, 'withdrawn', reason);
  }

  private end(
    actor: ActingOfficer,
    id: RequestId,
    change: RequestChange,
    state: 'closed' | 'withdrawn',
    reason: string | null,
  ): Promise<RequestView> {
    const kind = state === 'closed' ? 'close' : 'withdraw';
    return this.step(actor, id, change, { kind }, async (tx, request, now) => {
      mustBecome(request, state);
      await tx.query(
        `UPDATE amana.evidence_request SET state = $2, ended_at = $3, withdrawal = $4, version = version + 1 WHERE id = $1`,
        [id, state, now, reason],
      );
      await endDeadlines(tx, id, now);
      await this.events.tell(tx, actor, state === 'closed' ? 'request-closed' : 'request-withdrawn', request);
    });
  }

  private async moveDeadlines(
    tx: Transaction,
    request: RequestRow,
    outcome: AnswerRequest['outcome'],
    postponedUntil: Date | null,
    now: Date,
  ): Promise<void> {
    if (outcome === 'refused') return endDeadlines(tx, request.id, now);
    if (outcome === 'postponed')
      return setDeadlines(tx, request.id, deadlinesAt(request, { postponedUntil }), now, ['decision', 'execution']);
    await endDeadlines(tx, request.id, now, ['decision']);
    return setDeadlines(tx, request.id, deadlinesAt(request, { decidedAt: now }), now, ['execution']);
  }

  /**
   * One step under a lock on the request, once a key: of two at once the second finds the version changed.
   * @param change its version null for what may be added whatever the request has become meanwhile
   */
  private step(
    actor: ActingOfficer,
    id: RequestId,
    { claim, version }: Omit<RequestChange, 'version'> & { readonly version: number | null },
    act: RequestAct | ((tx: Transaction) => Promise<RequestAct>),
    work: (tx: Transaction, request: RequestRow, now: Date) => Promise<void>,
  ): Promise<RequestView> {
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 6))`, [id]);
        const request = await requestRow(tx, id);
        if (!request) throw new Problem('not-found');
        const now = new Date();
        mustAllow(typeof act === 'function' ? await act(tx) : act, actor, request, now);
        if (version !== null && request.version !== version) throw new Problem('precondition-failed');
        await work(tx, request, now);
        return mustView(tx, id);
      }),
    );
  }
}

/** A request of others is told as one that is not there. The filter puts every other refusal on the record. */
export function mustAllow(act: RequestAct, actor: ActingOfficer, request: RequestFacts, now: Date): void {
  const decision = decideRequest(act, actor, request, now);
  if (decision.allowed) return;
  throw decision.rule === 'request-of-others' ? new Problem('not-found') : refusal(decision);
}

function mustBecome({ state }: RequestRow, to: RequestState): void {
  if (!mayBecome(REQUEST_TRANSITIONS, state, to))
    throw new Problem('conflict', `a request that is ${state} cannot become ${to}`);
}

async function mustFindGrants(tx: Transaction, grantIds: readonly GrantId[]): Promise<VersionedGrant[]> {
  const found: VersionedGrant[] = [];
  for (const grantId of new Set(grantIds)) {
    const grant = await grantById(tx, grantId);
    if (!grant) throw new Problem('not-found', `there is no grant ${grantId}, or not for you`);
    found.push(grant);
  }
  return found;
}

async function mustView(tx: Transaction, id: RequestId): Promise<RequestView> {
  const view = await requestView(tx, id);
  if (!view) throw new Problem('not-found');
  return view;
}
