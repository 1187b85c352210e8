import type { Imprint, VerifiedTimestamp } from '#domain/time';

/** Who attests time. */
export interface TimestampAuthority {
  /**
   * A token over the imprint, verified in full under our own roots, and of our present within a minute: nothing else is returned.
   * Asking twice gives two tokens, and does no harm.
   * @throws TsaError
   */
  stamp(imprint: Imprint): Promise<VerifiedTimestamp>;
}
