import type { ExhibitId } from '#domain/evidence';
import type { Database, Transaction } from '#server/database';

export type ScrubbedPart = 'evidence' | 'log';

/** A pass under way. */
export interface Pass {
  readonly id: string;
  readonly afterExhibit: ExhibitId | null;
  readonly afterPosition: number | null;
}

/** A file's place in a pass. */
export interface ScrubbedFile {
  readonly exhibitId: ExhibitId;
  readonly position: number;
}

/** What a whole pass came to. */
export interface PassEnd {
  readonly part: ScrubbedPart;
  readonly endedAt: Date;
  /** Files or entries. */
  readonly checked: number;
  readonly faults: number;
}

/** Passes of the scrubber, kept so that a restart goes on where it was and anyone can see when all was last read. */
export class ScrubPasses {
  constructor(private readonly database: Database) {}

  /** The pass under way, begun if there is none. */
  async current(part: ScrubbedPart): Promise<Pass> {
    await this.database.query(`INSERT INTO amana.scrub_pass (part) VALUES ($1) ON CONFLICT DO NOTHING`, [part]);
    const [pass] = await this.database.query<Pass>(
      `SELECT id, after_exhibit AS "afterExhibit", after_position AS "afterPosition" FROM amana.scrub_pass WHERE part = $1 AND ended_at IS NULL`,
      [part],
    );
    // Another worker ended it in between: there is a new one to begin.
    return pass ?? this.current(part);
  }

  /** One file more, in the transaction that tells what was found. @returns false when another worker was there before */
  async advance(tx: Transaction, pass: Pass, { exhibitId, position }: ScrubbedFile, faults: number): Promise<boolean> {
    const [, rows] = await tx.query<[unknown, number]>(
      `UPDATE amana.scrub_pass SET after_exhibit = $2, after_position = $3, checked = checked + 1, faults = faults + $4
       WHERE id = $1 AND ended_at IS NULL AND (after_exhibit IS NULL OR (after_exhibit, after_position) < ($2, $3))`,
      [pass.id, exhibitId, position, faults],
    );
    return rows === 1;
  }

  async end(pass: Pass, counts?: { checked: number; faults: number }): Promise<void> {
    await this.database.query(
      `UPDATE amana.scrub_pass SET ended_at = now(), checked = coalesce($2, checked), faults = coalesce($3, faults)
       WHERE id = $1 AND ended_at IS NULL`,
      [pass.id, counts?.checked ?? null, counts?.faults ?? null],
    );
  }

  /** The last whole pass over each part. */
  async last(): Promise<PassEnd[]> {
    const rows = await this.database.query<{ part: ScrubbedPart; ended_at: Date; checked: string; faults: string }>(
      `SELECT DISTINCT ON (part) part, ended_at, checked, faults FROM amana.scrub_pass WHERE ended_at IS NOT NULL ORDER BY part, ended_at DESC`,
    );
    return rows.map(({ part, ended_at: endedAt, checked, faults }) => ({
      ...{ part, endedAt, checked: Number(checked), faults: Number(faults) },
    }));
  }
}
