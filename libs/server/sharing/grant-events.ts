import { Injectable } from '@nestjs/common';
import type { ActingOfficer, GrantFacts } from '#domain/authority';
import { Problem } from '#domain/contract';
import type { Actor, EventKind } from '#domain/custody';
import { actingAs, type ExhibitInCase, exhibitsFacts } from '#server/authority';
import { Custody, type Entry } from '#server/custody';
import type { Transaction } from '#server/database';
import { Outbox } from '#server/outbox';

/** The steps of a grant on the record: one event an exhibit, all in one append, so that the chains are locked in one order. */
@Injectable()
export class GrantEvents {
  constructor(
    private readonly custody: Custody,
    private readonly outbox: Outbox,
  ) {}

  /** By an officer. `hidden` keeps it from the counterpart until the grant is approved. */
  async tell(
    tx: Transaction,
    actor: ActingOfficer,
    kind: EventKind,
    grant: GrantFacts,
    { reason, hidden = false }: { reason?: string; hidden?: boolean } = {},
  ): Promise<void> {
    const exhibits = await exhibitsFacts(tx, grant.exhibitIds);
    if (exhibits.length < grant.exhibitIds.length) throw new Problem('not-found');
    const isSender = actor.agencyId === grant.fromAgencyId;
    const counterpart = { agencyId: isSender ? grant.toAgencyId : grant.fromAgencyId };
    const visibleTo = hidden ? [grant.fromAgencyId] : [grant.fromAgencyId, grant.toAgencyId];
    const entries = exhibits.map((exhibit): Entry => {
      const said = statementOf(kind, grant, exhibit, actingAs(actor, ['approver', 'prosecutor']));
      return { visibleTo, statement: { ...said, counterpart, purpose: grant.purpose, ...(reason && { reason }) } };
    });
    const [first] = await this.custody.append(tx, entries);
    if (first) await this.outbox.ask(tx, 'review-event', first.id, { eventId: first.id });
  }

  /** By the clock, of several grants at once. */
  async tellOfTime(tx: Transaction, kind: EventKind, grants: readonly GrantFacts[]): Promise<void> {
    const exhibits = await exhibitsFacts(
      tx,
      grants.flatMap(({ exhibitIds }) => exhibitIds),
    );
    const byId = new Map(exhibits.map((exhibit) => [exhibit.exhibitId, exhibit]));
    const entries = grants.flatMap((grant) =>
      grant.exhibitIds.flatMap((exhibitId): Entry[] => {
        const exhibit = byId.get(exhibitId);
        if (!exhibit) return [];
        const said = statementOf(kind, grant, exhibit, { kind: 'platform', component: 'worker' });
        const counterpart = { agencyId: grant.toAgencyId };
        return [{ visibleTo: [grant.fromAgencyId, grant.toAgencyId], statement: { ...said, counterpart } }];
      }),
    );
    if (entries.length > 0) await this.custody.append(tx, entries);
  }
}

function statementOf(kind: EventKind, grant: GrantFacts, exhibit: ExhibitInCase, actor: Actor): Entry['statement'] {
  const detail = {
    ...(grant.agreedPurpose !== null && { agreedPurpose: grant.agreedPurpose }),
    // The check of who uploads it, which the release rests on.
    ...(kind === 'grant-released' && grant.necessity !== null && { necessity: grant.necessity }),
  };
  return {
    kind,
    chain: { kind: 'case', id: exhibit.caseId },
    exhibitId: exhibit.exhibitId,
    actor,
    ...(grant.agreement && { teamId: grant.agreement.teamId }),
    authority: {
      grantId: grant.grantId,
      legalBasis: grant.legalBasis,
      ...(grant.clause !== null && { clause: grant.clause }),
    },
    ...(exhibit.manifestSha256 && { hashAfter: exhibit.manifestSha256 }),
    result: 'done',
    ...(Object.keys(detail).length > 0 && { detail }),
  };
}
