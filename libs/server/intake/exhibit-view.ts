import { type ActingOfficer, decide } from '#domain/authority';
import type { ExhibitDetail, ExhibitsQuery, ExhibitView, FileView, Page } from '#domain/contract';
import type { ExhibitId } from '#domain/evidence';
import type { Facts, GeneralJws } from '#domain/manifest';
import { grantsReachingAny } from '#server/authority';
import { readPage, type Transaction } from '#server/database';
import { EvidenceFile } from './evidence-file.entity.js';

type ExhibitRow = Omit<ExhibitView, 'registeredAt' | 'sealedAt' | 'sealedSizeBytes'> & {
  sealedSizeBytes: string;
  registeredAt: Date;
  sealedAt: Date | null;
  privileged: boolean;
};
interface DetailRow extends ExhibitRow {
  facts: Facts;
  manifest: GeneralJws | null;
}

const COLUMNS = `e.id, e.number, e.case_id AS "caseId", c.number AS "caseNumber", e.team_id AS "teamId", e.agency_id AS "agencyId",
    a.name AS "agencyName", a.state AS "agencyState", e.officer_id AS "officerId", e.state, e.file_count AS "fileCount",
    e.sealed_size_bytes AS "sealedSizeBytes", encode(e.manifest_sha256, 'hex') AS "manifestSha256", e.registered_at AS "registeredAt",
    e.sealed_at AS "sealedAt", e.version, e.privileged`;
const FROM = `FROM amana.exhibit e JOIN amana.case_file c ON c.id = e.case_id JOIN amana.agency a ON a.id = e.agency_id`;

/** An exhibit as this transaction may see it; null when it may not, or there is none. */
export async function exhibitView(tx: Transaction, id: ExhibitId): Promise<ExhibitView | null> {
  const [row] = await tx.query<ExhibitRow[]>(`SELECT ${COLUMNS} ${FROM} WHERE e.id = $1`, [id]);
  return row ? view(row) : null;
}

/** The same with facts, manifest and files. */
export async function exhibitDetail(tx: Transaction, id: ExhibitId): Promise<ExhibitDetail | null> {
  const [row] = await tx.query<DetailRow[]>(`SELECT ${COLUMNS}, e.facts, e.manifest ${FROM} WHERE e.id = $1`, [id]);
  if (!row) return null;
  const files = await tx.find(EvidenceFile, { where: { exhibitId: id }, order: { position: 'ASC' } });
  return { ...view(row), facts: row.facts, manifest: row.manifest, files: files.map(fileView) };
}

/** What a recipient needs to accept or refuse a grant of it: number, kind and sizes. No facts, no names, no manifest. */
export async function exhibitOffer(tx: Transaction, id: ExhibitId): Promise<ExhibitDetail | null> {
  const detail = await exhibitDetail(tx, id);
  if (!detail) return null;
  const { facts, files, ...exhibit } = detail;
  const source = facts.source as Facts['source'] | undefined;
  return {
    ...exhibit,
    facts: { exhibitNumber: exhibit.number, ...(source && { source: { type: source.type } }) },
    manifest: null,
    files: files.map(({ nameBase64: _, ...file }, at) => ({
      ...file,
      ...{ name: `file ${at + 1}`, mediaType: 'application/octet-stream', sha256: null, chunkTreeRoot: null },
    })),
  };
}

/**
 * A page of what the officer may read, the newest first. Row-level security says what their agency may know of, `decide()` what
 * they may read of it: an exhibit whose grant has ended is left out, so a page may be short of its limit and not be the last.
 */
export async function exhibitPage(
  tx: Transaction,
  actor: ActingOfficer,
  { number, ...page }: ExhibitsQuery,
): Promise<Page<ExhibitView>> {
  const { items, next } = await readPage<ExhibitRow>(
    tx,
    `SELECT ${COLUMNS} ${FROM}`,
    { at: 'e.registered_at', id: 'e.id' },
    page,
    (row) => row.registeredAt,
    number === undefined ? {} : { 'e.number': number },
  );
  const foreign = items.filter(({ agencyId }) => agencyId !== actor.agencyId).map(({ id }) => id);
  const grants = foreign.length > 0 ? await grantsReachingAny(tx, foreign, actor.agencyId) : [];
  const now = new Date();
  const readable = items.filter((row) => {
    const exhibit = { ...row, exhibitId: row.id };
    return decide({ act: 'consider', actor, exhibit, grants, purpose: null }, now).allowed;
  });
  return { items: readable.map(view), next };
}

function view({ privileged: _, ...row }: ExhibitRow): ExhibitView {
  return {
    ...row,
    sealedSizeBytes: Number(row.sealedSizeBytes),
    registeredAt: row.registeredAt.toISOString(),
    sealedAt: row.sealedAt?.toISOString() ?? null,
  };
}

function fileView(file: EvidenceFile): FileView {
  return {
    id: file.id,
    name: file.name,
    ...(file.nameBase64 !== null && { nameBase64: file.nameBase64 }),
    mediaType: file.mediaType,
    sizeBytes: file.sizeBytes,
    sealedSizeBytes: file.sealedSizeBytes,
    state: file.state,
    sha256: file.sha256?.toString('hex') ?? null,
    chunkTreeRoot: file.chunkTreeRoot?.toString('hex') ?? null,
  };
}
