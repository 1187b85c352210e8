import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import type { CaseId, ExhibitId, TeamId } from '#domain/evidence';
import { actingAs } from '#server/authority';
import { Custody } from '#server/custody';
import type { Transaction } from '#server/database';
import { Outbox } from '#server/outbox';

interface WholeRow {
  id: ExhibitId;
  case_id: CaseId;
  team_id: TeamId | null;
  manifest_sha256: string;
  file_count: number;
}

/** Exhibits of which everything is there: manifest and bytes. */
@Injectable()
export class StoredExhibits {
  constructor(
    private readonly custody: Custody,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Makes those of the exhibits `stored` that wait for nothing any more, and asks for their recheck, in the caller's transaction.
   * Called after every append that may have been the last: the append holds the lock of the case's chain until commit, so of a last
   * file and a manifest at once the second sees the first.
   */
  async markWhole(tx: Transaction, actor: ActingOfficer, exhibitIds: readonly ExhibitId[]): Promise<void> {
    await tx.query(
      `UPDATE amana.exhibit SET state = 'uploading', version = version + 1 WHERE id = ANY ($1) AND state = 'registered' AND EXISTS (
         SELECT FROM amana.evidence_file f WHERE f.exhibit_id = exhibit.id AND f.state = 'stored')`,
      [exhibitIds],
    );
    const [whole] = await tx.query<[WholeRow[], number]>(
      `UPDATE amana.exhibit e SET state = 'stored', version = version + 1
       WHERE e.id = ANY ($1) AND e.state = 'uploading' AND e.manifest IS NOT NULL
         AND NOT EXISTS (SELECT FROM amana.evidence_file f WHERE f.exhibit_id = e.id AND f.state <> 'stored')
       RETURNING e.id, e.case_id, e.team_id, encode(e.manifest_sha256, 'hex') AS manifest_sha256, e.file_count`,
      [exhibitIds],
    );
    if (whole.length === 0) return;
    await this.custody.append(
      tx,
      whole.map((exhibit) => ({
        visibleTo: [],
        statement: {
          kind: 'exhibit-stored',
          chain: { kind: 'case', id: exhibit.case_id },
          exhibitId: exhibit.id,
          actor: actingAs(actor, ['investigator', 'prosecutor']),
          ...(exhibit.team_id && { teamId: exhibit.team_id }),
          hashAfter: exhibit.manifest_sha256,
          result: 'done',
          detail: { files: exhibit.file_count },
        },
      })),
    );
    for (const { id } of whole) await this.outbox.ask(tx, 'recheck-exhibit', id, { exhibitId: id });
  }
}
