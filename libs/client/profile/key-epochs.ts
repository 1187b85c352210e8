import type { AgencyKeyView } from '#domain/contract';
import { type KeyEpoch, ManifestError, verifyKeyHistory } from '#domain/manifest';
import { ProfileError } from './profile-error.js';

/** An agency's keys through time, each vouched for by the one before. @throws ProfileError 'not-trusted' */
export async function keyEpochs(keys: readonly AgencyKeyView[]): Promise<readonly KeyEpoch[]> {
  try {
    return await verifyKeyHistory(keys);
  } catch (cause) {
    if (!(cause instanceof ManifestError)) throw cause;
    throw new ProfileError('not-trusted', `the history of an agency's keys does not hold: ${cause.message}`, cause);
  }
}
