import { Problem } from '#domain/contract';
import type { OfficerRole } from '#domain/custody';
import type { AgencyId, OfficerId } from '#domain/evidence';
import {
  type AgencyStatement,
  type OfficerCertificate,
  thumbprintOf,
  verifyOfficerCertificate,
} from '#domain/manifest';
import { asProblem } from './agencies.js';

/** Who a certificate must be about. */
export interface Certified {
  readonly id: OfficerId;
  readonly agencyId: AgencyId;
  readonly roles: readonly OfficerRole[];
  readonly signingKid: string | null;
  readonly recipient: string | null;
}

/** A certificate that holds now. */
export interface CheckedCertificate {
  readonly certificate: OfficerCertificate;
  readonly kid: string;
  readonly payloadSha256: string;
}

/**
 * A certificate under these keys of the agency, of the keys this officer enrolled, and of the roles they have.
 * @throws Problem 'manifest-invalid', 'manifest-mismatch'
 */
export async function checkCertificate(
  jws: unknown,
  agency: AgencyStatement,
  officer: Certified,
): Promise<CheckedCertificate> {
  const agencyKid = await thumbprintOf(agency.signingKey);
  const { statement, payloadSha256 } = await verifyOfficerCertificate(
    jws,
    (kid) => (kid === agencyKid ? agency : undefined),
    new Date(),
  ).catch(asProblem);
  const kid = await thumbprintOf(statement.signingKey);
  if (statement.officerId !== officer.id || kid !== officer.signingKid || statement.recipient !== officer.recipient) {
    throw new Problem('manifest-mismatch', 'the certificate is not about the keys this officer enrolled');
  }
  if ([...statement.roles].sort().join() !== [...officer.roles].sort().join()) {
    throw new Problem('manifest-mismatch', 'the certificate names other roles than the directory');
  }
  return { certificate: statement, kid, payloadSha256 };
}
