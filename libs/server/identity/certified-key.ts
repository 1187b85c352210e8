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
 * The signing key of an officer, its certificate verified against the agency's own statement, not against what a column says. Certificates
 * and statements that others followed count for what was signed in their time.
 *
 * @param at when what they signed was signed: a certificate of this key must have been in force
 * @param held when it was handed in, where that is known: the key must have been certified then, whatever became of it since. Else now.
 * @returns null when the officer has no such key
 */
export async function certifiedKey(
  tx: Transaction,
  officer: { officerId: OfficerId; agencyId: AgencyId },
  at: Date,
  held: Date | null = null,
): Promise<CertifiedKey | null> {
  const rows = await tx.query<{ certificate: GeneralJws; until: Date | null }[]>(
    `SELECT c.certificate, c.until FROM amana.officer_certificate c WHERE c.officer_id = $1 AND c.agency_id = $2
       AND EXISTS (SELECT FROM amana.officer_certificate k WHERE k.officer_id = c.officer_id AND k.kid IS NOT DISTINCT FROM c.kid
         AND CASE WHEN $3::timestamptz IS NULL THEN k.until IS NULL ELSE k.since <= $3 + interval '1 minute' AND (k.until IS NULL OR k.until > $3) END)
     ORDER BY c.since DESC, c.id DESC`,
    [officer.officerId, officer.agencyId, held],
  );
  if (rows.length === 0) return null;
  const statements = await tx.query<{ statement: GeneralJws }[]>(
    `SELECT statement FROM amana.agency_key WHERE agency_id = $1 ORDER BY epoch DESC`,
    [officer.agencyId],
  );
  for (const { certificate, until } of rows) {
    if (until !== null && at >= until) continue;
    const key = await keyIn(certificate, statements, officer, at);
    if (key) return key;
  }
  return null;
}

async function keyIn(
  jws: GeneralJws,
  statements: readonly { readonly statement: GeneralJws }[],
  officer: { officerId: OfficerId; agencyId: AgencyId },
  at: Date,
): Promise<CertifiedKey | null> {
  for (const one of statements) {
    try {
      const { statement: agency, kids } = await verifyAgencyStatement(one.statement);
      const { statement: certificate } = await verifyOfficerCertificate(
        jws,
        (kid) => (kids.includes(kid) ? agency : undefined),
        at,
      );
      if (agency.agencyId !== officer.agencyId || certificate.officerId !== officer.officerId) continue;
      return { kid: await thumbprintOf(certificate.signingKey), key: certificate.signingKey };
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
    }
  }
  return null;
}
