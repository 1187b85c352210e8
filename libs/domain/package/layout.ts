import { FileId, MAX_SEALED_SIZE_BYTES } from '#domain/evidence';
import { MAX_EVIDENCE_RECORD_SIZE_BYTES, MAX_TOKEN_SIZE_BYTES } from '#domain/time';
import { MAX_AUTHORITIES_BYTES, MAX_HEADER_BYTES } from './limits.js';
import type { Link } from './verdict.js';

/** Where things lie in a package (surface.md, "Court package"). Paths are relative to the bag. */
export const PATHS = {
  manifest: 'data/manifest.jws.json',
  events: 'data/custody/events.jsonl',
  checkpoint: 'data/custody/checkpoint',
  policy: 'data/keys/policy',
  platformKey: 'data/keys/platform.jwk.json',
  authorities: 'data/keys/tsa.pem',
  readme: 'data/README.html',
} as const;

/** What a package may have stamped. */
export type StampedPart = 'checkpoint' | 'manifest';
export const STAMPED_PARTS: readonly StampedPart[] = ['checkpoint', 'manifest'];

/** RFC 3161, the answer of the authority: over the bytes of the checkpoint, or over the payload of the manifest. */
export const timestampPath = (part: StampedPart): string => `data/custody/timestamps/${part}.tsr`;
/** RFC 4998, beside a timestamp that was renewed. */
export const evidenceRecordPath = (part: StampedPart): string => `data/custody/timestamps/${part}.ers`;

export const evidencePath = (fileId: FileId): string => `data/evidence/${fileId}.age`;
export const proofPath = (index: number): string => `data/custody/proofs/${index}.tlog-proof`;
export const certificatePath = (name: string): string => `data/keys/${name}.jws.json`;

export type PartKind =
  | 'evidence'
  | 'manifest'
  | 'events'
  | 'proof'
  | 'checkpoint'
  | 'timestamp'
  | 'evidence-record'
  | 'policy'
  | 'platform-key'
  | 'certificate'
  | 'authorities'
  | 'readme';

interface Part {
  /** The links that fail when a file of this kind is altered; the first is named when nothing more exact is known. */
  readonly links: readonly [Link, ...Link[]];
  /** A larger one is refused unread. */
  readonly maxSizeBytes: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

const PARTS: Readonly<Record<PartKind, Part>> = {
  evidence: { links: ['payload'], maxSizeBytes: MAX_HEADER_BYTES + MAX_SEALED_SIZE_BYTES },
  manifest: { links: ['manifest-signature', 'seal'], maxSizeBytes: 64 * MIB },
  events: { links: ['custody-entry'], maxSizeBytes: 256 * MIB },
  proof: { links: ['inclusion'], maxSizeBytes: 576 * KIB },
  checkpoint: { links: ['checkpoint', 'witness-quorum'], maxSizeBytes: 512 * KIB },
  timestamp: { links: ['timestamp'], maxSizeBytes: MAX_TOKEN_SIZE_BYTES },
  'evidence-record': { links: ['timestamp'], maxSizeBytes: MAX_EVIDENCE_RECORD_SIZE_BYTES },
  policy: { links: ['checkpoint', 'witness-quorum'], maxSizeBytes: 256 * KIB },
  'platform-key': { links: ['seal'], maxSizeBytes: 4 * KIB },
  certificate: { links: ['signer-certificate'], maxSizeBytes: 4 * MIB },
  authorities: { links: ['timestamp'], maxSizeBytes: MAX_AUTHORITIES_BYTES },
  readme: { links: ['bag'], maxSizeBytes: 4 * MIB },
};

const FIXED: ReadonlyMap<string, PartKind> = new Map<string, PartKind>([
  [PATHS.manifest, 'manifest'],
  [PATHS.events, 'events'],
  [PATHS.checkpoint, 'checkpoint'],
  [PATHS.policy, 'policy'],
  [PATHS.platformKey, 'platform-key'],
  [PATHS.authorities, 'authorities'],
  [PATHS.readme, 'readme'],
  ...STAMPED_PARTS.flatMap((part): [string, PartKind][] => [
    [timestampPath(part), 'timestamp'],
    [evidenceRecordPath(part), 'evidence-record'],
  ]),
]);

/** What a file is by its path, or null when a package has no such file. */
export function partKindOf(path: string): PartKind | null {
  const fixed = FIXED.get(path);
  if (fixed !== undefined) return fixed;
  const fileId = /^data\/evidence\/([^/]+)\.age$/.exec(path)?.[1];
  if (fileId !== undefined) return FileId.safeParse(fileId).success ? 'evidence' : null;
  if (/^data\/custody\/proofs\/(?:0|[1-9][0-9]{0,15})\.tlog-proof$/.test(path)) return 'proof';
  if (/^data\/keys\/[a-z0-9][a-z0-9-]{0,99}\.jws\.json$/.test(path)) return 'certificate';
  return null;
}

export const linksOf = (kind: PartKind): Part['links'] => PARTS[kind].links;
export const maxSizeBytesOf = (kind: PartKind): number => PARTS[kind].maxSizeBytes;
