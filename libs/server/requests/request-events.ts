import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import type { CustodyStatement, EventKind } from '#domain/custody';
import { INSTRUMENT_FACTS } from '#domain/requests';
import { actingAs } from '#server/authority';
import { Custody, type Entry } from '#server/custody';
import type { Transaction } from '#server/database';
import type { RequestRow } from './request-rows.js';

/** What an event says of a step besides that it was taken: digests and names of grounds, never what was written. */
export type Said = Pick<CustodyStatement, 'hashAfter' | 'detail'>;

/** The steps of a request on the record: in the registers of both its agencies, once the one that is asked knows of it. */
@Injectable()
export class RequestEvents {
  constructor(private readonly custody: Custody) {}

  async tell(
    tx: Transaction,
    actor: ActingOfficer,
    kind: EventKind,
    request: RequestRow,
    { hashAfter, detail }: Said = {},
  ): Promise<void> {
    const { id, instrument, urgency, fromAgencyId, toAgencyId } = request;
    const sides = request.submitted ? [fromAgencyId, toAgencyId] : [fromAgencyId];
    const counterpart = actor.agencyId === fromAgencyId ? toAgencyId : fromAgencyId;
    await this.custody.append(
      tx,
      sides.map((agencyId): Entry => ({
        visibleTo: sides,
        statement: {
          kind,
          chain: { kind: 'agency', id: agencyId },
          actor: actingAs(actor, ['prosecutor', 'approver', 'investigator']),
          ...(request.submitted && { counterpart: { agencyId: counterpart } }),
          requestId: id,
          authority: { legalBasis: INSTRUMENT_FACTS[instrument].source },
          ...(hashAfter !== undefined && { hashAfter }),
          result: 'done',
          detail: { instrument, urgency, ...detail },
        },
      })),
    );
  }
}
