import type { ChainedEvent, CustodyEvent, EventKind } from '#domain/custody';
import { objectVersionsSha256 } from '#domain/manifest';
import type { Exhibit } from './exhibit.js';
import { isKept, type RecordedEvent } from './recorded-event.js';

/** Without these a record does not tell how the exhibit came to be in the package. */
const INDISPENSABLE = ['manifest-signed', 'exhibit-sealed', 'package-exported'] as const;

/** Their `hashAfter` is the SHA-256 of the manifest. */
const ABOUT_MANIFEST: readonly EventKind[] = ['manifest-signed', 'exhibit-stored', 'exhibit-sealed'];

/**
 * Where the record says other than the manifest and the seal do, in words; null when they agree: who signed which manifest, which files
 * were stored, that just this was sealed, and that the record ends with an export. Events that say so are never erased: where one is gone,
 * the record is not whole.
 */
export function findContradiction(events: readonly RecordedEvent[], exhibit: Exhibit): string | null {
  const done = events.filter(isKept).filter(({ event }) => event.result === 'done');
  const missing = INDISPENSABLE.find((kind) => !done.some(({ event }) => event.kind === kind));
  if (missing !== undefined) return `the record has no event "${missing}": it is not whole`;
  const sealedSizes = new Map<string, number>(
    exhibit.manifest.files.map(({ id, sealedSizeBytes }) => [id, sealedSizeBytes]),
  );
  for (const { index, event } of done) {
    const said = contradictionOf(event, exhibit, sealedSizes);
    if (said !== null) return `index ${index} (${event.kind}): ${said}`;
  }
  return contradictionOfVersions(done, exhibit) ?? contradictionOfEnd(events);
}

/** What comes after the export is not part of a package; what ends before it has lost its end. */
function contradictionOfEnd(events: readonly RecordedEvent[]): string | null {
  const last = events.at(-1);
  const index = last?.index;
  const event = last && isKept(last) ? last.event : undefined;
  if (event?.kind === 'package-exported' && event.result === 'done') return null;
  return `index ${index ?? ''} (${event?.kind ?? ''}): the record does not end with the export of the package`;
}

function contradictionOf(
  event: CustodyEvent,
  exhibit: Exhibit,
  sealedSizes: ReadonlyMap<string, number>,
): string | null {
  if (ABOUT_MANIFEST.includes(event.kind) && event.hashAfter !== exhibit.manifestSha256) {
    return 'the event is about another manifest than the one in the package';
  }
  if (event.kind === 'manifest-signed') return contradictionOfSigner(event, exhibit);
  if (event.kind === 'package-exported') return contradictionOfExport(event, exhibit);
  if (event.kind === 'exhibit-sealed') return contradictionOfSeal(event, exhibit);
  if (event.kind === 'file-stored') return contradictionOfFile(event, sealedSizes);
  return null;
}

/** Who hands a manifest in may be another officer of the agency than who signed it, whom `detail.signedBy` then names. */
function contradictionOfSigner({ actor, detail, signature }: CustodyEvent, exhibit: Exhibit): string | null {
  const { officerId, agencyId } = exhibit.manifest;
  if (actor.kind !== 'officer' || actor.agencyId !== agencyId)
    return 'the event names another agency than the manifest';
  if ((detail?.signedBy ?? actor.officerId) !== officerId) return 'the event names another officer than the manifest';
  if (signature !== undefined && !exhibit.signatures.officers.includes(signature))
    return 'the event has another signature than the manifest';
  return null;
}

/** With the seal's own signature in the log, a platform key that was swapped later shows. */
function contradictionOfSeal({ actor, detail, signature }: CustodyEvent, { seal, signatures }: Exhibit): string | null {
  if (actor.kind !== 'platform') return 'the event says that another sealed than the platform';
  if (signature !== undefined && signature !== signatures.seal) return 'the event has another seal than the manifest';
  const versions = detail?.objectVersionsSha256;
  return versions === undefined || versions === seal.objectVersionsSha256
    ? null
    : 'the event has another seal than the manifest';
}

function contradictionOfFile(
  { object, detail }: CustodyEvent,
  sealedSizes: ReadonlyMap<string, number>,
): string | null {
  const sealedSizeBytes = sealedSizes.get(object?.fileId ?? '');
  if (sealedSizeBytes === undefined) return 'the event is about a file that the manifest has not';
  const stored = detail?.sealedSizeBytes;
  return stored === undefined || stored === sealedSizeBytes
    ? null
    : 'what was stored has another size than the manifest says';
}

function contradictionOfExport({ hashAfter }: CustodyEvent, { manifestSha256 }: Exhibit): string | null {
  return hashAfter === undefined || hashAfter === manifestSha256 ? null : 'what was exported has another manifest';
}

/** Every file was stored, and the seal is over just the versions that the record names. */
function contradictionOfVersions(done: readonly ChainedEvent[], { manifest, seal }: Exhibit): string | null {
  const versions = new Map(
    done.flatMap(({ event: { kind, object } }) =>
      kind === 'file-stored' && object !== undefined ? [[object.fileId, object.versionId] as const] : [],
    ),
  );
  const unstored = manifest.files.find(({ id }) => !versions.has(id));
  if (unstored !== undefined) return `the record has no event "file-stored" of file ${unstored.id}: it is not whole`;
  const stored = objectVersionsSha256([...versions].map(([fileId, versionId]) => ({ fileId, versionId })));
  return stored === seal.objectVersionsSha256
    ? null
    : 'the seal is over other versions of the stored objects than the record names';
}
