import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { type Page, Problem, type UploadsQuery, type UploadView } from '#domain/contract';
import { Database } from '#server/database';
import { Exhibit } from './exhibit.entity.js';
import { uploadsAfter } from './upload-row.js';
import { Uploads } from './uploads.js';

/** Files of which the store is asked at once; only those half there cost a question. */
const QUESTIONS_AT_ONCE = 8;

/** The uploads of a whole exhibit, for a client that resumes. */
@Injectable()
export class UploadList {
  constructor(
    private readonly database: Database,
    private readonly uploads: Uploads,
  ) {}

  /** @throws Problem 'not-found', 'malformed-request' for a cursor that is not ours */
  async ofExhibit(actor: ActingOfficer, { exhibitId, limit, cursor }: UploadsQuery): Promise<Page<UploadView>> {
    const after = cursor === undefined ? -1 : positionOf(cursor);
    const rows = await this.database.asOfficer(actor, async (tx) => {
      const ours = await tx.existsBy(Exhibit, { id: exhibitId, agencyId: actor.agencyId });
      if (!ours) throw new Problem('not-found');
      return uploadsAfter(tx, actor, exhibitId, after, limit + 1);
    });
    const page = rows.slice(0, limit);
    const items: UploadView[] = [];
    for (let at = 0; at < page.length; at += QUESTIONS_AT_ONCE)
      items.push(...(await Promise.all(page.slice(at, at + QUESTIONS_AT_ONCE).map((row) => this.uploads.view(row)))));
    return { items, next: rows.length > limit ? String(page.at(-1)?.position) : null };
  }
}

function positionOf(cursor: string): number {
  if (!/^\d{1,9}$/.test(cursor)) throw new Problem('malformed-request', 'the cursor is not one of ours');
  return Number(cursor);
}
