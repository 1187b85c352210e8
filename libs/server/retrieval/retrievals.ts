import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { type BeginRetrieval, Problem, type RetrievalView } from '#domain/contract';
import { type ExhibitId, type FileId, RetrievalId } from '#domain/evidence';
import { type FileHeader, fileHeadersSha256 } from '#domain/package';
import { actingAs, Authority, type Authorised } from '#server/authority';
import { Custody } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { Outbox } from '#server/outbox';
import { Retrieval } from './retrieval.entity.js';

/** How long a retrieval stands at most, in hours: an officer's working day. */
const LIFE_HOURS = 12;

/** Retrievals: a purpose is stated, authority decided and put on the record; only then are there bytes to be had. */
@Injectable()
export class Retrievals {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly authority: Authority,
    private readonly outbox: Outbox,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * The event is durable on return, before the first byte leaves.
   * @throws Problem 'not-found', the same for an exhibit of others as for none; 'forbidden' with rule and source
   */
  async begin(
    actor: ActingOfficer,
    claim: IdempotencyClaim | null,
    exhibitId: ExhibitId,
    asked: BeginRetrieval,
  ): Promise<RetrievalView> {
    const act = asked.for === 'package' ? 'export' : 'retrieve';
    const stated = { words: asked.purpose, named: asked.agreedPurpose ?? null };
    await this.authority.require(actor, act, exhibitId, stated);
    return this.database.asOfficer(actor, async (tx) => {
      const { id } = await this.idempotency.once(tx, actor.officerId, claim, async () => {
        const authorised = await this.authority.requireIn(tx, actor, act, exhibitId, stated);
        return { id: await this.authorise(tx, actor, act, asked.purpose, authorised) };
      });
      return retrievalView(tx, actor, id);
    });
  }

  private async authorise(
    tx: Transaction,
    actor: ActingOfficer,
    act: 'retrieve' | 'export',
    purpose: string,
    { exhibit, rule, grantId }: Authorised,
  ): Promise<RetrievalId> {
    const id = RetrievalId.parse(randomUUID());
    await tx.query(
      `INSERT INTO amana.retrieval (id, exhibit_id, grant_id, agency_id, officer_id, act, purpose, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(hours => $8))`,
      [id, exhibit.exhibitId, grantId, actor.agencyId, actor.officerId, act, purpose, LIFE_HOURS],
    );
    const [event] = await this.custody.append(tx, [
      {
        visibleTo: [exhibit.agencyId],
        statement: {
          kind: act === 'export' ? 'package-exported' : 'retrieval-authorised',
          chain: { kind: 'case', id: exhibit.caseId },
          exhibitId: exhibit.exhibitId,
          actor: actingAs(actor, ['investigator', 'prosecutor']),
          ...(exhibit.agencyId !== actor.agencyId && { counterpart: { agencyId: exhibit.agencyId } }),
          purpose,
          authority: { rule, ...(grantId && { grantId }) },
          ...(exhibit.manifestSha256 && { hashAfter: exhibit.manifestSha256 }),
          result: 'done',
          retrievalId: id,
          ...(act === 'export' && {
            detail: { headersSha256: fileHeadersSha256(await headersOf(tx, actor, exhibit.exhibitId, grantId)) },
          }),
        },
      },
    ]);
    if (event) await this.outbox.ask(tx, 'review-event', event.id, { eventId: event.id });
    return id;
  }
}

/** What an export names of the age headers it hands out: whoever swaps one later contradicts the record. */
function headersOf(
  tx: Transaction,
  { agencyId }: ActingOfficer,
  exhibitId: ExhibitId,
  grantId: string | null,
): Promise<FileHeader[]> {
  return tx.query<FileHeader[]>(
    `SELECT f.id AS "fileId", encode(sha256(k.header), 'hex') AS "headerSha256"
     FROM amana.evidence_file f JOIN amana.file_key k ON k.file_id = f.id
     WHERE f.exhibit_id = $1 AND k.agency_id = $2 AND k.grant_id IS NOT DISTINCT FROM $3`,
    [exhibitId, agencyId, grantId],
  );
}

/** A retrieval with the file keys as they are wrapped to its agency, under its grant. */
async function retrievalView(tx: Transaction, actor: ActingOfficer, id: RetrievalId): Promise<RetrievalView> {
  const retrieval = await tx.findOneBy(Retrieval, { id, officerId: actor.officerId });
  if (!retrieval) throw new Problem('not-found');
  const { exhibitId, grantId, purpose, expiresAt } = retrieval;
  // Of several certificates of the officer the one that held when the manifest was sealed; most have but one, and their manifest is not read.
  const [exhibit] = await tx.query<{ manifest: unknown; signerCertificate: unknown }[]>(
    `SELECT e.manifest, (SELECT c.certificate FROM amana.officer_certificate c WHERE c.officer_id = e.officer_id AND (c.until IS NULL
         AND NOT EXISTS (SELECT FROM amana.officer_certificate other WHERE other.officer_id = c.officer_id AND other.id <> c.id)
         OR (amana.signed_payload(c.certificate) ->> 'validFrom')::timestamptz <= (amana.signed_payload(e.manifest) ->> 'sealedAt')::timestamptz)
       ORDER BY c.since DESC, c.id DESC LIMIT 1) AS "signerCertificate"
     FROM amana.exhibit e WHERE e.id = $1`,
    [exhibitId],
  );
  const files = await tx.query<{ id: FileId; sealedSizeBytes: number; header: string }[]>(
    `SELECT f.id, f.sealed_size_bytes::float8 AS "sealedSizeBytes", translate(encode(k.header, 'base64'), E'\\n', '') AS header
     FROM amana.evidence_file f JOIN amana.file_key k ON k.file_id = f.id
     WHERE f.exhibit_id = $1 AND k.agency_id = $2 AND k.grant_id IS NOT DISTINCT FROM $3 ORDER BY f.position`,
    [exhibitId, actor.agencyId, grantId],
  );
  return {
    ...{ id, exhibitId, purpose, expiresAt: expiresAt.toISOString() },
    manifest: exhibit?.manifest ?? null,
    signerCertificate: exhibit?.signerCertificate ?? null,
    files,
  };
}
