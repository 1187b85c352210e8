import type { IdempotencyClaim } from '#server/idempotency';

/** A change that rests on what was seen: its entity tag, and the key under which it may be sent again. */
export interface DirectoryChange {
  readonly claim: IdempotencyClaim | null;
  readonly expected: string;
}
