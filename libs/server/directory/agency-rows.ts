import type { AgencyKeyHistory, AgencyKeyView } from '#domain/contract';
import type { AgencyId } from '#domain/evidence';
import type { RunQuery } from './keyset-page.js';

/** An agency as everybody sees it; its entity tag is the digest of just this. */
export const AGENCY_COLUMNS = `id, state, name, kind, contact, competences, contact_points AS "contactPoints", statement`;

export const instant = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const KEY = `epoch, statement, succession, ${instant('since')} AS since, ${instant('until')} AS until`;

/** All keys that an agency ever had, the first first. */
export function keysOf(run: RunQuery, id: AgencyId): Promise<AgencyKeyView[]> {
  return run<AgencyKeyView>(`SELECT ${KEY} FROM amana.agency_key WHERE agency_id = $1 ORDER BY epoch`, [id]);
}

/** The same of those of several agencies that have changed their keys. */
export async function historiesOf(run: RunQuery, ids: readonly AgencyId[]): Promise<AgencyKeyHistory[]> {
  const rows = await run<AgencyKeyView & { agencyId: AgencyId }>(
    `SELECT agency_id AS "agencyId", ${KEY} FROM amana.agency_key
     WHERE agency_id IN (SELECT agency_id FROM amana.agency_key WHERE agency_id = ANY ($1) AND epoch > 1) ORDER BY agency_id, epoch`,
    [ids],
  );
  const histories = new Map<AgencyId, AgencyKeyView[]>();
  for (const { agencyId, ...key } of rows) histories.set(agencyId, [...(histories.get(agencyId) ?? []), key]);
  return [...histories].map(([agencyId, keys]) => ({ agencyId, keys }));
}

/** Words as a person types them, each the beginning of a word that is there; null of what has no word. */
export function searchOf(words: string): string | null {
  const parts = words
    .replace(/[@.\-_/]/g, ' ')
    .split(/\s+/u)
    .map((word) => word.replace(/[\\'\0]/g, ''))
    .filter((word) => word !== '');
  return parts.length === 0 ? null : parts.map((word) => `'${word}':*`).join(' & ');
}
