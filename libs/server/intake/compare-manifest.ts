import type { Manifest } from '#domain/manifest';
import type { EvidenceFile } from './evidence-file.entity.js';
import type { Exhibit } from './exhibit.entity.js';

/** A file as it was announced. */
export type AnnouncedRow = Pick<
  EvidenceFile,
  'id' | 'name' | 'nameBase64' | 'mediaType' | 'sizeBytes' | 'sealedSizeBytes'
>;

/** What was registered, with what of it lies in other rows. */
export interface Registered {
  readonly exhibit: Exhibit;
  readonly caseNumber: string;
  /** SHA-256 of the manifest that this one must say it corrects. */
  readonly supersededSha256: string | null;
  readonly files: readonly AnnouncedRow[];
}

/** The first field in which a manifest says something else than what was registered; null when it says the same. */
export function manifestDifference(manifest: Manifest, registered: Registered): string | null {
  const { exhibit, caseNumber, supersededSha256, files } = registered;
  return (
    difference('exhibitId', manifest.exhibitId, exhibit.id) ??
    difference('exhibitNumber', manifest.exhibitNumber, exhibit.number) ??
    difference('caseNumber', manifest.caseNumber, caseNumber) ??
    difference('teamId', manifest.teamId ?? null, exhibit.teamId) ??
    difference('agencyId', manifest.agencyId, exhibit.agencyId) ??
    difference('supersedes', manifest.supersedes ?? null, supersededSha256) ??
    difference('facts', manifest.facts, exhibit.facts) ??
    filesDifference(manifest.files, files)
  );
}

function filesDifference(said: Manifest['files'], registered: readonly AnnouncedRow[]): string | null {
  const byId = new Map(registered.map((file) => [file.id, file]));
  for (const [at, file] of said.entries()) {
    const known = byId.get(file.id);
    if (!known) return `files.${at}.id`;
    const found =
      difference('name', file.name, known.name) ??
      difference('nameBase64', file.nameBase64 ?? null, known.nameBase64) ??
      difference('mediaType', file.mediaType, known.mediaType) ??
      difference('sizeBytes', file.sizeBytes, known.sizeBytes) ??
      difference('sealedSizeBytes', file.sealedSizeBytes, known.sealedSizeBytes);
    if (found !== null) return `files.${at}.${found}`;
  }
  return said.length === registered.length ? null : 'files';
}

/** Path of the first difference between two JSON values, members joined with dots. */
function difference(path: string, one: unknown, other: unknown): string | null {
  if (one === other) return null;
  if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) return path;
  for (const member of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const found = difference(`${path}.${member}`, one[member], other[member]);
    if (found !== null) return found;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
