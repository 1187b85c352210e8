import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { type Authorised, roleOf } from '#server/authority';
import type { EventId } from '#domain/evidence';
import { CustodyRecorder } from '#server/custody';

/** That somebody read the record is on the record (Directive (EU) 2016/680 Art. 25). */
@Injectable()
export class Readings {
  constructor(private readonly recorder: CustodyRecorder) {}

  /**
   * Durable on return. The reading of one exhibit's record stands in its case; of all that an agency may see, in the agency's register.
   * @param authorised what the reading of an exhibit rests on; null when none was asked for
   */
  async record(officer: ActingOfficer, authorised: Authorised | null): Promise<EventId> {
    const { officerId, agencyId } = officer;
    const { id } = await this.recorder.record(
      {
        visibleTo: authorised ? [authorised.exhibit.agencyId] : [],
        statement: {
          kind: 'record-read',
          chain: authorised ? { kind: 'case', id: authorised.exhibit.caseId } : { kind: 'agency', id: agencyId },
          ...(authorised && { exhibitId: authorised.exhibit.exhibitId }),
          actor: { kind: 'officer', officerId, agencyId, role: roleOf(officer, ['auditor']) },
          ...(authorised && {
            authority: { rule: authorised.rule, ...(authorised.grantId && { grantId: authorised.grantId }) },
          }),
          result: 'done',
        },
      },
      officer,
    );
    return id;
  }
}
