import { Injectable } from '@nestjs/common';
import { ExhibitId, FileId } from '#domain/evidence';
import { Database } from '#server/database';
import { evidenceKey, EvidenceStore, type UploadHandle } from '#server/storage';

const HOUR_MS = 3_600_000;
/** An upload that no row knows was begun by a process killed right after, or ended long ago. */
const UNKNOWN_AFTER_MS = 24 * HOUR_MS;
/** An upload under way may take weeks over a slow line; then its client is taken to have given up. */
const ABANDONED_AFTER_MS = 60 * 24 * HOUR_MS;

/** Gives back what uploads took in the store that will never be completed. What became an object is not touched. */
@Injectable()
export class SweepUploads {
  constructor(
    private readonly database: Database,
    private readonly store: EvidenceStore,
  ) {}

  /** Safe at any time and by several at once. @returns how many were given up */
  async run(now: Date): Promise<number> {
    let swept = 0;
    for (const upload of await this.store.listUploads(new Date(now.getTime() - UNKNOWN_AFTER_MS))) {
      const abandoned = upload.startedAt.getTime() < now.getTime() - ABANDONED_AFTER_MS;
      if (!(await this.mayEnd(upload, abandoned))) continue;
      await this.store.abortUpload(upload);
      swept += 1;
    }
    return swept;
  }

  /**
   * Whether nobody waits for it. An abandoned one is forgotten in its row first: a client that does come back begins anew, and a
   * crash before the abort leaves an upload that no row knows.
   */
  private async mayEnd({ key, uploadId }: UploadHandle, abandoned: boolean): Promise<boolean> {
    const file = fileOf(key);
    if (!file) return false;
    return this.database.asPlatform(async (tx) => {
      const [row] = await tx.query<{ known: boolean }[]>(
        `SELECT state = 'uploading' AND upload_ref = $2 AS known FROM amana.evidence_file WHERE id = $1 FOR UPDATE`,
        [file.fileId, uploadId],
      );
      if (!row?.known) return true;
      if (!abandoned) return false;
      await tx.query(
        `UPDATE amana.evidence_file SET state = 'announced', upload_ref = NULL, joined_parts = NULL WHERE id = $1`,
        [file.fileId],
      );
      return true;
    });
  }
}

/** The file that a key is of; null for what is no evidence. */
function fileOf(key: string): { exhibitId: ExhibitId; fileId: FileId } | null {
  const [, exhibit, id] = key.split('/');
  const exhibitId = ExhibitId.safeParse(exhibit);
  const fileId = FileId.safeParse(id);
  if (!exhibitId.success || !fileId.success) return null;
  const file = { exhibitId: exhibitId.data, fileId: fileId.data };
  return evidenceKey(file) === key ? file : null;
}
