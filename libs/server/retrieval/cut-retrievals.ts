import { Injectable, Logger } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { exhibitFacts } from '#server/authority';
import { Custody } from '#server/custody';
import { Database } from '#server/database';
import type { Retrieval } from './retrieval.entity.js';
import type { Ended } from './standing.js';

/** Downloads cut off while they ran, on the record: once a retrieval, however many streams it had. */
@Injectable()
export class CutRetrievals {
  private readonly log = new Logger('retrieval');

  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
  ) {}

  /** Never rejects: the bytes have stopped whatever becomes of this. */
  async record(actor: ActingOfficer, retrieval: Retrieval, end: Ended): Promise<void> {
    try {
      await this.database.asOfficer(actor, async (tx) => {
        const [, cut] = await tx.query<[unknown, number]>(
          `UPDATE amana.retrieval SET cut_at = now() WHERE id = $1 AND cut_at IS NULL`,
          [retrieval.id],
        );
        const exhibit = await exhibitFacts(tx, retrieval.exhibitId);
        if (cut === 0 || !exhibit) return;
        await this.custody.append(tx, [
          {
            visibleTo: [exhibit.agencyId, retrieval.agencyId],
            statement: {
              kind: 'retrieval-cut',
              chain: { kind: 'case', id: exhibit.caseId },
              exhibitId: retrieval.exhibitId,
              actor: { kind: 'platform', component: 'api' },
              counterpart: { agencyId: retrieval.agencyId, officerId: retrieval.officerId },
              purpose: retrieval.purpose,
              authority: {
                rule: end.kind === 'denied' ? end.denial.rule : `retrieval-${end.kind}`,
                ...(retrieval.grantId && { grantId: retrieval.grantId }),
              },
              result: 'done',
              reason: end.kind === 'denied' ? end.denial.because : 'the retrieval has expired',
              retrievalId: retrieval.id,
            },
          },
        ]);
      });
    } catch (error) {
      this.log.error(`the cut of retrieval ${retrieval.id} is not on the record: ${String(error)}`);
    }
  }
}
