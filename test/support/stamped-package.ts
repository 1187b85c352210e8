import { readManifest } from '#domain/manifest';
import { newEvidenceRecord, renew } from '#domain/time';
import type { PackageContent, PackagedTimestamp, StampedPart } from '#domain/package';
import { TestAuthority, type CertificateChoices } from './timestamp-authority.js';

/** After the last event of the golden package. */
export const STAMPED_AT = new Date('2026-11-20T16:10:00Z');

/** An authority whose certificates were valid long before the golden package and are long after it, unless chosen otherwise. */
export function authorityOf(
  signer: Partial<CertificateChoices> = {},
  root: Partial<CertificateChoices> = {},
): Promise<TestAuthority> {
  const span = { notBefore: new Date('2020-01-01'), notAfter: new Date('2040-01-01') };
  return TestAuthority.make({ ...span, ...signer }, { ...span, ...root });
}

/** The bytes of each part that a timestamp is over. */
export function stampedBytes({ manifest, checkpoint }: PackageContent): Record<StampedPart, Uint8Array> {
  return { checkpoint, manifest: readManifest(manifest).payloadBytes };
}

/** The same content, both parts stamped by this authority. */
export async function stampedBy(
  authority: TestAuthority,
  content: PackageContent,
  genTime = STAMPED_AT,
): Promise<PackageContent> {
  const { checkpoint, manifest } = stampedBytes(content);
  const timestamps = {
    checkpoint: { token: await authority.stamp(checkpoint, { genTime }), evidenceRecord: null },
    manifest: { token: await authority.stamp(manifest, { genTime }), evidenceRecord: null },
    roots: [authority.root.der],
  };
  return { ...content, timestamps };
}

/** The timestamp with one renewal more, by this authority at this time. RFC 4998 §5.2. */
export async function renewedBy(
  authority: TestAuthority,
  { token, evidenceRecord }: PackagedTimestamp,
  genTime: Date,
): Promise<PackagedTimestamp> {
  const { imprint, complete } = renew([evidenceRecord ?? newEvidenceRecord(token)]);
  const [renewed = null] = complete(await authority.stamp(imprint, { genTime }));
  return { token, evidenceRecord: renewed };
}
