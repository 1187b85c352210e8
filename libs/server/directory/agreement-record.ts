import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import type { CustodyStatement, EventKind } from '#domain/custody';
import type { AgencyId, AgreementId } from '#domain/evidence';
import { actingAs } from '#server/authority';
import { Custody } from '#server/custody';
import type { Transaction } from '#server/database';

/** What is told of an agreement. */
export interface Told extends Pick<CustodyStatement, 'hashBefore' | 'hashAfter' | 'reason' | 'detail'> {
  readonly agreementId: AgreementId;
  /** In whose registers it stands, each of whom may read it in all. */
  readonly parties: readonly AgencyId[];
}

/** What becomes of agreements, in the register of every party. */
@Injectable()
export class AgreementRecord {
  constructor(private readonly custody: Custody) {}

  async tell(
    tx: Transaction,
    actor: ActingOfficer,
    kind: EventKind,
    { agreementId, parties, ...said }: Told,
  ): Promise<void> {
    await this.custody.append(
      tx,
      parties.map((agencyId) => ({
        visibleTo: parties,
        statement: {
          kind,
          chain: { kind: 'agency', id: agencyId },
          actor: actingAs(actor, ['agency-admin', 'prosecutor']),
          authority: { agreementId },
          result: 'done',
          ...said,
        },
      })),
    );
  }
}
