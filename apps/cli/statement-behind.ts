import type { Api } from '#client/api';
import { type Manifest, ManifestError, verifyAgencyStatement, verifyOfficerCertificate } from '#domain/manifest';

/** The agency's statement of the very keys that the signer's certificate rests on: of several epochs, the one of that time. */
export async function statementBehind(
  api: Api,
  { agencyId, sealedAt }: Manifest,
  certificate: unknown,
): Promise<unknown> {
  const { statement, keys } = await api.directory.agencyDetail(agencyId);
  if (keys.length < 2) return statement;
  for (const { statement: published } of keys) {
    try {
      const { statement: agency, kids } = await verifyAgencyStatement(published);
      await verifyOfficerCertificate(
        certificate,
        (kid) => (kids.includes(kid) ? agency : undefined),
        new Date(sealedAt),
      );
      return published;
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
    }
  }
  return statement;
}
