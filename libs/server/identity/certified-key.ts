import type { AgencyId, OfficerId } from '#domain/evidence';
import {
  ManifestError,
  PublicJwk,
  thumbprintOf,
  verifyAgencyStatement,
  verifyOfficerCertificate,
  type GeneralJws,
} from '#domain/manifest';
import type { Transaction } from '#server/database';

/** An officer's signing key as their agency certified it. */
export interface CertifiedKey {
  readonly kid: string;
  readonly key: PublicJwk;
}

/**
 * The signing key of an officer, its certificate verified against the agency's own statement, not against what a column says.
 *
 * @param at when what they signed was signed: the certificate must have been in force
 * @returns null when the officer has no key that is certified now and was at that moment
 */
export async function certifiedKey(
  tx: Transaction,
  officer: { officerId: OfficerId; agencyId: AgencyId },
  at: Date,
): Promise<CertifiedKey | null> {
  const [row] = await tx.query<{ certificate: GeneralJws; statement: GeneralJws }[]>(
    `SELECT o.certificate, a.statement FROM amana.officer o JOIN amana.agency a ON a.id = o.agency_id
     WHERE o.id = $1 AND o.agency_id = $2 AND o.key_state = 'certified' AND o.certificate IS NOT NULL AND a.statement IS NOT NULL`,
    [officer.officerId, officer.agencyId],
  );
  if (!row) return null;
  try {
    const { statement: agency, kids } = await verifyAgencyStatement(row.statement);
    const { statement: certificate } = await verifyOfficerCertificate(
      row.certificate,
      (kid) => (kids.includes(kid) ? agency : undefined),
      at,
    );
    if (agency.agencyId !== officer.agencyId || certificate.officerId !== officer.officerId) return null;
    return { kid: await thumbprintOf(certificate.signingKey), key: certificate.signingKey };
  } catch (error) {
    if (error instanceof ManifestError) return null;
    throw error;
  }
}
