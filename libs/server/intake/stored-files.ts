import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import type { CaseId, ExhibitId, FileId } from '#domain/evidence';
import { actingAs } from '#server/authority';
import { Answer, Custody } from '#server/custody';
import { Database } from '#server/database';
import { GroupCommit } from '#server/group-commit';
import { faultPoint } from '#server/faults';
import { StoredExhibits } from './stored-exhibits.js';

/** An object that the store holds and has locked, not on the record yet. */
export interface StoredFile {
  readonly actor: ActingOfficer;
  readonly fileId: FileId;
  readonly exhibitId: ExhibitId;
  readonly caseId: CaseId;
  readonly versionId: string;
  readonly retainUntil: Date;
}

/** Several are recorded at once, each for an answer of its own. */
type AnsweredFile = StoredFile & { readonly answer: Answer | null };

/** Puts stored objects on the record: row and event in one transaction, those of many small files together. */
@Injectable()
export class StoredFiles {
  private readonly commits = new GroupCommit<AnsweredFile, 'acknowledged'>(
    // Of one officer: each event names who did it.
    ({ actor }) => actor.officerId,
    (files) => this.commit(files),
  );

  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly storedExhibits: StoredExhibits,
  ) {}

  /** Durable on return. A file that is stored already keeps its first version and gets no second event. */
  async acknowledge(file: StoredFile): Promise<void> {
    await this.commits.add({ ...file, answer: Answer.current() });
    faultPoint('after-commit');
  }

  private async commit(files: readonly AnsweredFile[]): Promise<'acknowledged'[]> {
    const [first] = files;
    if (first)
      await this.database.asOfficer(first.actor, async (tx) => {
        const [rows] = await tx.query<[{ id: FileId }[], number]>(
          `UPDATE amana.evidence_file f SET state = 'stored', version_id = s.version_id, retain_until = s.retain_until, stored_at = now()
           FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS s(id, version_id, retain_until)
           WHERE f.id = s.id AND f.state <> 'stored' RETURNING f.id`,
          [
            files.map(({ fileId }) => fileId),
            files.map(({ versionId }) => versionId),
            files.map(({ retainUntil }) => retainUntil),
          ],
        );
        const fresh = new Set(rows.map(({ id }) => id));
        const stored = files.filter(({ fileId }) => fresh.delete(fileId));
        if (stored.length === 0) return;
        await this.custody.append(tx, stored.map(eventOf));
        await this.storedExhibits.markWhole(tx, first.actor, [...new Set(stored.map(({ exhibitId }) => exhibitId))]);
        faultPoint('before-commit');
      });
    return files.map(() => 'acknowledged');
  }
}

function eventOf({ actor, fileId, exhibitId, caseId, versionId, retainUntil, answer }: AnsweredFile) {
  return {
    answer,
    visibleTo: [],
    statement: {
      kind: 'file-stored' as const,
      chain: { kind: 'case' as const, id: caseId },
      exhibitId,
      actor: actingAs(actor, ['investigator', 'prosecutor']),
      result: 'done' as const,
      object: { fileId, versionId, retainUntil: retainUntil.toISOString() },
    },
  };
}
