import { Injectable } from '@nestjs/common';
import { type ExhibitId, type FileId } from '#domain/evidence';
import type { Manifest } from '#domain/manifest';
import { Database } from '#server/database';
import { type Pace, PacedStore, type Pass, ScrubPasses } from '#server/scrub';
import { EvidenceStore } from '#server/storage';
import { checkAgain } from './check-again.js';
import { ConcludeRecheck } from './conclude-recheck.js';
import { Exhibit } from './exhibit.entity.js';
import { signedManifest } from './signed-manifest.js';

interface NextFile {
  readonly exhibitId: ExhibitId;
  readonly fileId: FileId;
  readonly position: number;
  readonly versionId: string;
  readonly leavesVersionId: string | null;
}

/** An exhibit whose files are being read, and what its officer signed. */
interface Opened {
  readonly exhibit: Exhibit;
  readonly manifest: Manifest | null;
}

/**
 * Reads all sealed evidence again, always: what rots, is destroyed or replaced in the store is found within one pass, and its exhibit goes
 * into quarantine with an event and a review that name file and chunk.
 */
@Injectable()
export class ScrubEvidence {
  private readonly passes: ScrubPasses;

  constructor(
    private readonly database: Database,
    private readonly store: EvidenceStore,
    private readonly conclude: ConcludeRecheck,
  ) {
    this.passes = new ScrubPasses(database);
  }

  /**
   * One pass, or the rest of one that was broken off. Two workers at once read twice and tell once.
   * @throws StoreError, with all that was checked kept, when the store cannot be asked
   */
  async pass(pace: Pace): Promise<void> {
    const store = new PacedStore(this.store, pace);
    const pass = await this.passes.current('evidence');
    let place: Pick<Pass, 'afterExhibit' | 'afterPosition'> = pass;
    let opened: Opened | null = null;
    for (let next = await this.after(place); next; next = await this.after(place)) {
      if (opened?.exhibit.id !== next.exhibitId) opened = await this.open(next.exhibitId);
      if (opened) await this.check(store, pass, opened, next);
      place = { afterExhibit: next.exhibitId, afterPosition: next.position };
    }
    await this.passes.end(pass);
  }

  private async after({
    afterExhibit,
    afterPosition,
  }: Pick<Pass, 'afterExhibit' | 'afterPosition'>): Promise<NextFile | null> {
    const [next] = await this.database.query<NextFile>(
      `SELECT f.exhibit_id AS "exhibitId", f.id AS "fileId", f.position, f.version_id AS "versionId", f.leaves_version_id AS "leavesVersionId"
       FROM amana.evidence_file f JOIN amana.exhibit e ON e.id = f.exhibit_id
       WHERE e.state IN ('sealed', 'on-hold', 'disposal-proposed') AND f.version_id IS NOT NULL
         AND (f.exhibit_id, f.position) > (coalesce($1, '00000000-0000-0000-0000-000000000000'::uuid), coalesce($2, -1))
       ORDER BY f.exhibit_id, f.position LIMIT 1`,
      [afterExhibit, afterPosition],
    );
    return next ?? null;
  }

  private open(exhibitId: ExhibitId): Promise<Opened | null> {
    return this.database.asPlatform(async (tx) => {
      const exhibit = await tx.findOneBy(Exhibit, { id: exhibitId });
      return exhibit && { exhibit, manifest: await signedManifest(tx, exhibit) };
    });
  }

  private async check(store: PacedStore, pass: Pass, { exhibit, manifest }: Opened, file: NextFile): Promise<void> {
    const { exhibitId, fileId, versionId, leavesVersionId } = file;
    const signed = manifest?.files.find(({ id }) => id === fileId);
    const because = signed
      ? await checkAgain(store, { exhibitId, signed, versionId, leavesVersionId })
      : 'its manifest is not the one that was signed';
    await this.database.asPlatform(async (tx) => {
      if (!(await this.passes.advance(tx, pass, file, because === null ? 0 : 1)) || because === null) return;
      await this.conclude.quarantine(tx, {
        ...{ kind: 'broken', exhibit, because: `an object failed its check: ${because}` },
        files: [{ fileId, versionId, because }],
      });
    });
  }
}
