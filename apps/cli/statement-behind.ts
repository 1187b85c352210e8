import type { Api } from '#client/api';
import {
  type Manifest,
  ManifestError,
  type PublishedKeys,
  verifyAgencyStatement,
  verifyOfficerCertificate,
} from '#domain/manifest';

/** The agency's statement of the very keys that the signer's certificate rests on, and how they belong to the others it had. */
export async function statementBehind(
  api: Api,
  { agencyId, sealedAt }: Manifest,
  certificate: unknown,
): Promise<{ agencyStatement: unknown; keyHistory: readonly PublishedKeys[] }> {
  const { statement: inUse, keys: keyHistory } = await api.directory.agencyDetail(agencyId);
  for (const { statement } of keyHistory.length < 2 ? [] : keyHistory) {
    try {
      const { statement: agency, kids } = await verifyAgencyStatement(statement);
      const keyOf = (kid: string) => (kids.includes(kid) ? agency : undefined);
      await verifyOfficerCertificate(certificate, keyOf, new Date(sealedAt));
      return { agencyStatement: statement, keyHistory };
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
    }
  }
  return { agencyStatement: inUse, keyHistory };
}
