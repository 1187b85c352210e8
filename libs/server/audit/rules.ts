import type { ReviewRule } from '#domain/contract';
import type { CustodyEvent } from '#domain/custody';

/** Retrievals by one officer within an hour from which on the auditors look. */
const BULK_RETRIEVALS_PER_HOUR = 10;

/** What the rules need to know beside the event itself. */
export interface ReviewContext {
  /** State of the counterpart's agency, for a share. */
  readonly counterpartState: string | null;
  /** Whether the holder's agency shared with that state before. */
  readonly sharedWithStateBefore: boolean;
  /** Retrievals by the same officer in the hour up to the event, this one included. */
  readonly retrievalsInTheHour: number;
  /** Whether the acting officer administers an agency. */
  readonly actorIsAdministrator: boolean;
  /** Whether the exhibit is held by the acting officer's own agency. */
  readonly ownCase: boolean;
  /** Hours of the day, UTC, in which access is expected: [from, to). */
  readonly officeHours: readonly [number, number];
}

export interface ReviewRaised {
  readonly rule: ReviewRule;
  /** Why, in words for the auditor. */
  readonly because: string;
}

const ACCESS = ['retrieval-authorised', 'package-exported'];
const FAILURES = [
  'check-failed',
  'exhibit-quarantined',
  'log-contradicted',
  'log-recovered',
  'log-succeeded',
  'timestamp-refused',
];
/** Who signs and who cosigns the log: changed by the operator, whom the record binds too. */
const LOG_KEEPERS = ['log-key-added', 'witness-added', 'witness-retired'];

/** The kinds of events that may raise a review; others need not be looked at. */
export const REVIEWED_KINDS: readonly string[] = [
  'grant-proposed',
  'request-overdue',
  'access-refused',
  ...ACCESS,
  ...FAILURES,
  ...LOG_KEEPERS,
];

/** Which reviews an event raises. Pure: the same event in the same context raises the same. */
export function reviewsRaisedBy(event: CustodyEvent, context: ReviewContext): ReviewRaised[] {
  const raised: ReviewRaised[] = [];
  const access = ACCESS.includes(event.kind);
  if (event.kind === 'grant-proposed' && context.counterpartState !== null && !context.sharedWithStateBefore) {
    raised.push({
      rule: 'first-share-to-state',
      because: `first share of this agency with ${context.counterpartState}`,
    });
  }
  if (access && context.retrievalsInTheHour >= BULK_RETRIEVALS_PER_HOUR) {
    raised.push({
      rule: 'bulk-fetch',
      because: `${context.retrievalsInTheHour} retrievals by one officer within an hour`,
    });
  }
  if (event.kind === 'access-refused') {
    raised.push({ rule: 'refused-access', because: `refused: ${event.reason ?? 'no reason recorded'}` });
  }
  if (event.kind === 'request-overdue') {
    raised.push({ rule: 'overdue-request', because: event.reason ?? 'a request was not dealt with in time' });
  }
  if (FAILURES.includes(event.kind)) {
    raised.push({ rule: 'failed-check', because: event.reason ?? 'a check of stored evidence failed' });
  }
  if (LOG_KEEPERS.includes(event.kind)) {
    raised.push({ rule: 'log-keepers-changed', because: event.reason ?? 'keys or witnesses of the log were changed' });
  }
  if (access && !within(new Date(event.at).getUTCHours(), context.officeHours)) {
    raised.push({ rule: 'out-of-hours', because: `access at ${event.at.slice(11, 16)} UTC` });
  }
  if (access && context.actorIsAdministrator && context.ownCase) {
    raised.push({ rule: 'own-case-administrator', because: 'an administrator opened a case of their own agency' });
  }
  return raised;
}

function within(hour: number, [from, to]: readonly [number, number]): boolean {
  return from <= to ? hour >= from && hour < to : hour >= from || hour < to;
}
