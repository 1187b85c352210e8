import type { EventKind } from './event.js';

/** Why events of a kind are never erased, in words for a person. */
const KEPT = {
  proof: 'without it nobody can verify the exhibit any more',
  origin: 'it says where the exhibit came from; its facts are the manifest’s, and go with the exhibit',
  failure: 'that a check failed must not be made to vanish',
  keys: 'signatures are verified by the keys that it tells of',
  people: 'who could act for the agency, and since when, is shown by it; it names nobody but by id',
  authority: 'whether what was shared was shared lawfully is shown by it',
  partner: 'it is the other agency’s proof too, under its signature',
  log: 'it explains the log itself',
  erasure: 'who could erase the record of an erasure could erase without a trace',
  cooperation:
    'it stands in the registers of two authorities and is the proof of both; it repeats nothing of what was written',
  oversight: 'it is the act of who oversees the agency, not the agency’s own',
} as const;

/** What may be said of a kind: erasable, because it carries words or persons that the proof can do without; or why it is kept. */
type Rule = { readonly erasable: true } | { readonly erasable: false; readonly because: string };
const ERASABLE: Rule = { erasable: true };
const kept = (why: keyof typeof KEPT): Rule => ({ erasable: false, because: KEPT[why] });

/** Which kinds of events may be erased under law. The database has the same list of its own, and a test that compares the two. */
const RULES: Readonly<Record<EventKind, Rule>> = {
  'agency-certified': kept('keys'),
  'officer-certified': kept('keys'),
  'agency-invited': kept('people'),
  'agency-joined': kept('people'),
  'agency-changed': kept('people'),
  'agency-keys-rotated': kept('keys'),
  'file-keys-rewrapped': kept('keys'),
  'officer-added': kept('people'),
  'officer-bound': kept('people'),
  'officer-roles-changed': kept('people'),
  'officer-departed': kept('keys'),
  'officer-revoked': kept('keys'),
  'filter-team-changed': ERASABLE,
  'agreement-in-force': kept('keys'),
  'agreement-drafted': kept('keys'),
  'agreement-signed': kept('keys'),
  'agreement-amended': kept('keys'),
  'agreement-suspended': kept('authority'),
  'agreement-resumed': kept('authority'),
  'agreement-ended': kept('authority'),
  'team-appointed': kept('authority'),
  'exhibit-registered': kept('origin'),
  'manifest-signed': kept('proof'),
  'file-stored': kept('proof'),
  'exhibit-stored': kept('proof'),
  'exhibit-sealed': kept('proof'),
  'exhibit-quarantined': kept('failure'),
  'exhibit-held': ERASABLE,
  'exhibit-released': ERASABLE,
  'exhibit-corrected': kept('origin'),
  'grant-proposed': ERASABLE,
  'grant-approved': ERASABLE,
  'grant-released': kept('authority'),
  'grant-accepted': ERASABLE,
  'grant-activated': ERASABLE,
  'grant-refused': ERASABLE,
  'grant-revoked': ERASABLE,
  'grant-expired': ERASABLE,
  'access-refused': ERASABLE,
  'retrieval-authorised': ERASABLE,
  'retrieval-cut': ERASABLE,
  'exhibit-received': kept('partner'),
  'package-exported': ERASABLE,
  'check-failed': kept('failure'),
  'review-claimed': kept('oversight'),
  'review-recorded': kept('oversight'),
  'review-escalated': kept('oversight'),
  'audit-exported': kept('oversight'),
  'exhibit-read': ERASABLE,
  'record-read': ERASABLE,
  'log-contradicted': kept('log'),
  'log-recovered': kept('log'),
  'log-succeeded': kept('log'),
  'log-key-added': kept('log'),
  'witness-added': kept('log'),
  'witness-retired': kept('log'),
  'timestamp-refused': kept('failure'),
  'erasure-proposed': kept('erasure'),
  'erasure-refused': kept('erasure'),
  'event-erased': kept('erasure'),
  'request-submitted': kept('cooperation'),
  'request-acknowledged': kept('cooperation'),
  'request-answered': kept('cooperation'),
  'request-clarified': kept('cooperation'),
  'request-fulfilled': kept('cooperation'),
  'request-closed': kept('cooperation'),
  'request-withdrawn': kept('cooperation'),
  'request-due': kept('cooperation'),
  'request-overdue': kept('cooperation'),
};

/** Why events of this kind are never erased; null when they may be. */
export function whyKept(kind: EventKind): string | null {
  const rule = RULES[kind];
  return rule.erasable ? null : rule.because;
}
