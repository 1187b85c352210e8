import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { Problem } from '#domain/contract';
import type { ExhibitId, FileId, RetrievalId } from '#domain/evidence';
import { Authority } from '#server/authority';
import { Database, type Transaction } from '#server/database';
import { type Ended, endOf } from './standing.js';
import { Retrieval } from './retrieval.entity.js';

/** A file under a retrieval that stands, with all that is needed to read it. */
export interface OpenFile {
  readonly retrieval: Retrieval;
  readonly exhibitId: ExhibitId;
  readonly fileId: FileId;
  readonly sealedSizeBytes: number;
  /** The version that was acknowledged and rechecked; whatever else the store holds under the key is not evidence. */
  readonly versionId: string;
  readonly leavesVersionId: string | null;
  /** age header for the officer's agency. */
  readonly header: Buffer;
}

/** Opens files for reading: decided again at every request, a refusal put on the record. */
@Injectable()
export class OpenFiles {
  constructor(
    private readonly database: Database,
    private readonly authority: Authority,
  ) {}

  /** @throws Problem 'not-found', also for another officer's retrieval; 'forbidden' when what it rests on has ended */
  async open(actor: ActingOfficer, retrievalId: RetrievalId, fileId: FileId): Promise<OpenFile> {
    const { retrieval, file, end } = await this.database.asOfficer(actor, async (tx) => {
      const found = await tx.findOneBy(Retrieval, { id: retrievalId, officerId: actor.officerId });
      if (!found) throw new Problem('not-found');
      return {
        retrieval: found,
        end: await endOf(tx, actor, found, new Date()),
        file: await fileOf(tx, actor, found, fileId),
      };
    });
    if (end) throw await this.refused(actor, retrieval, end);
    if (!file) throw new Problem('not-found');
    return { ...file, retrieval, exhibitId: retrieval.exhibitId, fileId };
  }

  private async refused(actor: ActingOfficer, { act, purpose }: Retrieval, end: Ended): Promise<Problem> {
    if (end.kind !== 'denied') {
      const because = end.kind === 'expired' ? 'the retrieval has expired' : 'the retrieval was cut off';
      return new Problem('forbidden', `${because}; begin another`, { rule: `retrieval-${end.kind}` });
    }
    return this.authority.refuse(actor, act, end.denial, end.exhibit, purpose);
  }
}

type FileRow = Omit<OpenFile, 'retrieval' | 'exhibitId' | 'fileId'>;

async function fileOf(
  tx: Transaction,
  actor: ActingOfficer,
  { exhibitId, grantId }: Retrieval,
  fileId: FileId,
): Promise<FileRow | null> {
  const [row] = await tx.query<FileRow[]>(
    `SELECT f.sealed_size_bytes::float8 AS "sealedSizeBytes", f.version_id AS "versionId", f.leaves_version_id AS "leavesVersionId", k.header
     FROM amana.evidence_file f JOIN amana.file_key k ON k.file_id = f.id
     WHERE f.id = $1 AND f.exhibit_id = $2 AND f.version_id IS NOT NULL AND k.agency_id = $3 AND k.grant_id IS NOT DISTINCT FROM $4`,
    [fileId, exhibitId, actor.agencyId, grantId],
  );
  return row ?? null;
}
