import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { type ExhibitDetail, type ExhibitsQuery, type ExhibitView, type Page, Problem } from '#domain/contract';
import { EXHIBIT_TRANSITIONS, type ExhibitId, mayBecome } from '#domain/evidence';
import { actingAs, Authority } from '#server/authority';
import { Custody } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { exhibitDetail, exhibitOffer, exhibitPage, exhibitView } from './exhibit-view.js';

/** A change of an exhibit by an officer: the version it rests on, and why. */
export interface ReasonedChange {
  readonly claim: IdempotencyClaim | null;
  readonly version: number;
  readonly reason: string;
}

/** Exhibits as officers see them, and holds against their disclosure. */
@Injectable()
export class Exhibits {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly authority: Authority,
    private readonly idempotency: Idempotency,
  ) {}

  list(actor: ActingOfficer, query: ExhibitsQuery): Promise<Page<ExhibitView>> {
    return this.database.asOfficer(actor, (tx) => exhibitPage(tx, actor, query));
  }

  /**
   * All facts; of what is only offered, what is needed to decide on the offer. Reading by others than the holder is an event, durable before
   * the answer.
   * @throws Problem 'not-found', the same for one of others as for none; 'forbidden' by the rule
   */
  async find(actor: ActingOfficer, id: ExhibitId): Promise<ExhibitDetail> {
    await this.authority.require(actor, 'consider', id);
    return this.database.asOfficer(actor, async (tx) => {
      const authorised = await this.authority.requireIn(tx, actor, 'consider', id);
      const offered = authorised.rule === 'offered-grant';
      const detail = await (offered ? exhibitOffer(tx, id) : exhibitDetail(tx, id));
      if (!detail) throw new Problem('not-found');
      await this.authority.tellReading(tx, actor, authorised, offered ? 'offer' : 'facts');
      return detail;
    });
  }

  /** From then on it is not disclosed. @throws Problem 'not-found', 'forbidden', 'precondition-failed', 'conflict' */
  hold(actor: ActingOfficer, id: ExhibitId, change: ReasonedChange): Promise<ExhibitView> {
    return this.become(actor, id, 'on-hold', change);
  }

  release(actor: ActingOfficer, id: ExhibitId, change: ReasonedChange): Promise<ExhibitView> {
    return this.become(actor, id, 'sealed', change);
  }

  private async become(
    actor: ActingOfficer,
    id: ExhibitId,
    to: 'on-hold' | 'sealed',
    { claim, version, reason }: ReasonedChange,
  ): Promise<ExhibitView> {
    await this.authority.require(actor, 'hold', id);
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        const { exhibit } = await this.authority.requireIn(tx, actor, 'hold', id);
        if (exhibit.version !== version) throw new Problem('precondition-failed');
        const from = to === 'on-hold' ? 'sealed' : 'on-hold';
        if (exhibit.state !== from || !mayBecome(EXHIBIT_TRANSITIONS, from, to))
          throw new Problem('conflict', `an exhibit that is ${exhibit.state} cannot become ${to}`);
        const [, changed] = await tx.query<[unknown, number]>(
          `UPDATE amana.exhibit SET state = $3, version = version + 1 WHERE id = $1 AND version = $2`,
          [id, version, to],
        );
        if (changed === 0) throw new Problem('precondition-failed');
        await this.custody.append(tx, [
          {
            visibleTo: [],
            statement: {
              kind: to === 'on-hold' ? 'exhibit-held' : 'exhibit-released',
              chain: { kind: 'case', id: exhibit.caseId },
              exhibitId: id,
              actor: actingAs(actor, ['prosecutor', 'approver']),
              ...(exhibit.manifestSha256 && { hashAfter: exhibit.manifestSha256 }),
              result: 'done',
              reason,
            },
          },
        ]);
        return mustView(tx, id);
      }),
    );
  }
}

async function mustView(tx: Transaction, id: ExhibitId): Promise<ExhibitView> {
  const view = await exhibitView(tx, id);
  if (!view) throw new Problem('not-found');
  return view;
}
