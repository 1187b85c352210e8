/** The states of an exhibit, from the field to its disposal (domain.md). */
export const EXHIBIT_STATES = [
  'draft',
  'registered',
  'uploading',
  'stored',
  'sealed',
  'on-hold',
  'disposal-proposed',
  'disposed',
  'quarantined',
] as const;
export type ExhibitState = (typeof EXHIBIT_STATES)[number];

export const GRANT_STATES = ['proposed', 'approved', 'accepted', 'active', 'expired', 'revoked', 'refused'] as const;
export type GrantState = (typeof GRANT_STATES)[number];

export const REVIEW_STATES = ['queued', 'claimed', 'dismissed', 'finding', 'closed'] as const;
export type ReviewState = (typeof REVIEW_STATES)[number];

type Transitions<State extends string> = Readonly<Record<State, readonly State[]>>;

/** What each life cycle allows. What a table does not list is refused. */
export const EXHIBIT_TRANSITIONS: Transitions<ExhibitState> = {
  draft: ['registered'],
  registered: ['uploading', 'quarantined'],
  uploading: ['stored', 'quarantined'],
  stored: ['sealed', 'quarantined'],
  sealed: ['on-hold', 'disposal-proposed', 'quarantined'],
  'on-hold': ['sealed', 'quarantined'],
  'disposal-proposed': ['disposed', 'sealed', 'quarantined'],
  disposed: [],
  quarantined: [],
};

export const GRANT_TRANSITIONS: Transitions<GrantState> = {
  proposed: ['approved', 'refused', 'revoked', 'expired'],
  approved: ['accepted', 'refused', 'revoked', 'expired'],
  accepted: ['active', 'revoked', 'expired'],
  active: ['revoked', 'expired'],
  expired: [],
  revoked: [],
  refused: [],
};

export const REVIEW_TRANSITIONS: Transitions<ReviewState> = {
  queued: ['claimed'],
  claimed: ['dismissed', 'finding', 'queued'],
  dismissed: ['closed'],
  finding: ['closed'],
  closed: [],
};

/** Whether a life cycle lets `from` become `to`. */
export function mayBecome<State extends string>(transitions: Transitions<State>, from: State, to: State): boolean {
  return transitions[from].includes(to);
}
