import type { AgencyId } from '#domain/evidence';
import type { CheckedAgreement } from './agreement.js';
import { ManifestError } from './manifest-error.js';

/** What an amendment is held against: the text in force, and which of its parties have ended it for themselves. */
export interface InForceText extends Pick<CheckedAgreement, 'agreement' | 'payloadSha256'> {
  readonly endedFor: readonly AgencyId[];
}

/**
 * Whether a text amends the one in force: of the same agreement, one version on, naming its digest, with every party in it that has not
 * ended it. Others may come in. Until all that it lists have signed it, it changes nothing.
 *
 * @throws ManifestError 'stale-version', 'party-missing'
 */
export function requireAmendmentOf(
  { agreement: before, payloadSha256, endedFor }: InForceText,
  { agreement: after }: Pick<CheckedAgreement, 'agreement'>,
): void {
  if (after.agreementId !== before.agreementId)
    throw new ManifestError('stale-version', 'the text is of another agreement');
  if (after.predecessor !== payloadSha256 || after.version !== versionOf(before) + 1)
    throw new ManifestError(
      'stale-version',
      `the text does not follow version ${versionOf(before)}, which is in force`,
    );
  const listed = new Set(after.parties.map(({ agencyId }) => agencyId));
  const missing = before.parties.find(({ agencyId }) => !listed.has(agencyId) && !endedFor.includes(agencyId));
  if (missing) throw new ManifestError('party-missing', `${missing.name} is left out, and has not ended the agreement`);
}

/** Of a first text 1. */
export function versionOf({ version = 1 }: { readonly version?: number | undefined }): number {
  return version;
}
