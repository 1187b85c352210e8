import { z } from 'zod';
import { OFFICER_ROLES } from '#domain/custody';
import { AgencyId, OfficerId, UtcInstant } from '#domain/evidence';
import type { AgencyKeys } from './agency-statement.js';
import { Recipient } from './agency-statement.js';
import type { Signer } from './keys.js';
import { PublicJwk } from './keys.js';
import { ManifestError } from './manifest-error.js';
import type { StatementKind, VerifiedStatement } from './statement.js';
import { signStatement, verifyStatement } from './statement.js';
import type { GeneralJws } from './strict-jws.js';
import { line } from './text.js';

export const OFFICER_TYP = 'amana-officer+jws';

/** An agency's certificate of an officer's public keys. */
export const OfficerCertificate = z
  .strictObject({
    schema: z.literal('amana-officer/v1'),
    officerId: OfficerId,
    agencyId: AgencyId,
    name: line(200),
    roles: z
      .array(z.enum(OFFICER_ROLES))
      .min(1)
      .refine((roles) => new Set(roles).size === roles.length, 'must not name one twice'),
    signingKey: PublicJwk,
    recipient: Recipient,
    validFrom: UtcInstant,
    validUntil: UtcInstant.exactOptional(),
  })
  .refine(({ validFrom, validUntil }) => validUntil === undefined || validFrom < validUntil, {
    path: ['validUntil'],
    error: 'must be after the start',
  });
export type OfficerCertificate = z.infer<typeof OfficerCertificate>;

/** The agency that has a signing key. */
export type CertifyingAgency = Pick<AgencyKeys, 'agencyId' | 'signingKey'>;

const OFFICER: StatementKind<typeof OfficerCertificate> = { typ: OFFICER_TYP, schema: OfficerCertificate };

/** Certifies an officer's keys. @param agency signer of the agency's own key @throws ManifestError 'bad-document' */
export async function certifyOfficer(certificate: OfficerCertificate, agency: Signer): Promise<GeneralJws> {
  return signStatement(OFFICER, certificate, agency);
}

/**
 * Verifies that the officer's own agency certified the keys, and that the certificate was in force.
 *
 * @param agencyOf the agency known to have the key with this id
 * @param at the moment that matters: now, or when what the officer signed was sealed
 * @throws ManifestError 'json-…', 'jws-…', 'payload-not-canonical', 'bad-document', 'unknown-key', 'bad-key',
 *   'bad-signature', 'wrong-signer', 'not-yet-valid', 'expired'
 */
export async function verifyOfficerCertificate(
  jws: unknown,
  agencyOf: (kid: string) => CertifyingAgency | undefined | Promise<CertifyingAgency | undefined>,
  at: Date,
): Promise<VerifiedStatement<OfficerCertificate>> {
  const verified = await verifyStatement(OFFICER, jws, async (kid, { agencyId }) => {
    const agency = await agencyOf(kid);
    if (agency !== undefined && agency.agencyId !== agencyId) {
      throw new ManifestError('wrong-signer', 'an officer is certified by an agency that is not theirs');
    }
    return agency?.signingKey;
  });
  const { validFrom, validUntil } = verified.statement;
  if (at < new Date(validFrom)) throw new ManifestError('not-yet-valid', `the certificate holds from ${validFrom}`);
  if (validUntil !== undefined && at >= new Date(validUntil)) {
    throw new ManifestError('expired', `the certificate held until ${validUntil}`);
  }
  return verified;
}
