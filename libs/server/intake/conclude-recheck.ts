import { Injectable } from '@nestjs/common';
import { EXHIBIT_TRANSITIONS, type ExhibitState, mayBecome } from '#domain/evidence';
import { Custody, type Entry } from '#server/custody';
import type { Transaction } from '#server/database';
import { Outbox } from '#server/outbox';
import type { Exhibit } from './exhibit.entity.js';
import type { Rechecked } from './recheck.js';

/** Objects named in events of their own when a recheck fails; the rest are counted. */
const NAMED_FAULTS = 20;

/** Acts on what a recheck found: the seal, or quarantine. */
@Injectable()
export class ConcludeRecheck {
  constructor(
    private readonly custody: Custody,
    private readonly outbox: Outbox,
  ) {}

  /** Row, events and review in the caller's transaction. Done before, or by another, it does nothing. */
  async conclude(tx: Transaction, found: Rechecked): Promise<void> {
    if (found.kind === 'nothing-to-do') return;
    const [row] = await tx.query<{ state: string }[]>(`SELECT state FROM amana.exhibit WHERE id = $1 FOR UPDATE`, [
      found.exhibit.id,
    ]);
    if (row?.state !== 'stored') return;
    if (found.kind === 'intact') await this.seal(tx, found);
    else await this.setAside(tx, found);
  }

  /** Quarantines an exhibit that was whole once, when a later look finds it is not. Done before, or by another, it does nothing. */
  async quarantine(tx: Transaction, found: Extract<Rechecked, { kind: 'broken' }>): Promise<void> {
    const [row] = await tx.query<{ state: ExhibitState }[]>(
      `SELECT state FROM amana.exhibit WHERE id = $1 FOR UPDATE`,
      [found.exhibit.id],
    );
    if (row && mayBecome(EXHIBIT_TRANSITIONS, row.state, 'quarantined')) await this.setAside(tx, found);
  }

  private async seal(
    tx: Transaction,
    { exhibit, sealed, seal, leaves }: Extract<Rechecked, { kind: 'intact' }>,
  ): Promise<void> {
    await tx.query(
      `UPDATE amana.exhibit SET state = 'sealed', manifest = $2, sealed_at = $3, version = version + 1 WHERE id = $1`,
      [exhibit.id, sealed, seal.sealedAt],
    );
    await tx.query(
      `UPDATE amana.evidence_file f SET leaves_version_id = l.version FROM unnest($2::uuid[], $3::text[]) AS l(id, version)
       WHERE f.id = l.id AND f.exhibit_id = $1`,
      [exhibit.id, leaves.map(({ fileId }) => fileId), leaves.map(({ versionId }) => versionId)],
    );
    const { files, chunks, sealedSizeBytes } = seal.verified;
    const entry = entryOf(exhibit, {
      kind: 'exhibit-sealed',
      result: 'done',
      detail: { files, chunks, sealedSizeBytes, objectVersionsSha256: seal.objectVersionsSha256 },
      signature: sealed.signatures.at(-1)?.signature ?? '',
    });
    await this.custody.append(tx, [entry]);
  }

  private async setAside(
    tx: Transaction,
    { exhibit, because, files }: Extract<Rechecked, { kind: 'broken' }>,
  ): Promise<void> {
    await tx.query(`UPDATE amana.exhibit SET state = 'quarantined', version = version + 1 WHERE id = $1`, [exhibit.id]);
    const appended = await this.custody.append(tx, [
      ...files
        .slice(0, NAMED_FAULTS)
        .map(({ fileId, versionId, because: reason }) =>
          entryOf(exhibit, { kind: 'check-failed', result: 'failed', reason, object: { fileId, versionId } }),
        ),
      entryOf(exhibit, {
        kind: 'exhibit-quarantined',
        result: 'failed',
        reason: because,
        detail: { failedFiles: files.length },
      }),
    ]);
    const quarantined = appended.at(-1);
    if (quarantined) await this.outbox.ask(tx, 'review-event', quarantined.id, { eventId: quarantined.id });
  }
}

type Said = Pick<Entry['statement'], 'kind' | 'result' | 'reason' | 'object' | 'detail' | 'signature'>;

function entryOf({ id, caseId, agencyId, teamId, manifestSha256 }: Exhibit, said: Said): Entry {
  return {
    visibleTo: [agencyId],
    statement: {
      chain: { kind: 'case', id: caseId },
      exhibitId: id,
      actor: { kind: 'platform', component: 'worker' },
      ...(teamId && { teamId }),
      ...(manifestSha256 && { hashAfter: manifestSha256.toString('hex') }),
      ...said,
    },
  };
}
