import type { AgencyKeyBundle } from '#client/keystore';
import type { OfficerView } from '#domain/contract';
import { type OfficerCertificate, publicJwkOf, thumbprintOf, verifyOfficerCertificate } from '#domain/manifest';

/**
 * Officers by certificates that hold under the agency's own key; what the platform merely lists does not count.
 * @throws ManifestError when one does not hold
 */
export async function certifiedOfficers(
  officers: readonly OfficerView[],
  { agencyId, signingKey }: Pick<AgencyKeyBundle, 'agencyId' | 'signingKey'>,
  now: Date,
): Promise<OfficerCertificate[]> {
  const agency = { agencyId, signingKey: publicJwkOf(signingKey) };
  const kid = await thumbprintOf(agency.signingKey);
  const certified: OfficerCertificate[] = [];
  for (const { certificate, keyState, leftAt } of officers) {
    if (keyState !== 'certified' || (leftAt ?? null) !== null) continue;
    const { statement } = await verifyOfficerCertificate(certificate, (by) => (by === kid ? agency : undefined), now);
    certified.push(statement);
  }
  return certified;
}

/** Whom the agency's keys are wrapped to: all but who is there for the defence alone. */
export function entitledRecipients(certified: readonly OfficerCertificate[]): string[] {
  return certified.filter(({ roles }) => roles.some((role) => role !== 'defence')).map(({ recipient }) => recipient);
}
