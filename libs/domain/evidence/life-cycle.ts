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

/** `approved` lasts no longer than the transaction that erases. */
export const ERASURE_STATES = ['proposed', 'approved', 'refused', 'erased'] as const;
export type ErasureState = (typeof ERASURE_STATES)[number];

/** `withdrawn` is the end of one that the asking authority no longer needs, or never sent. */
export const REQUEST_STATES = [
  'draft',
  'submitted',
  'acknowledged',
  'granted',
  'partly-granted',
  'refused',
  'postponed',
  'fulfilled',
  'closed',
  'withdrawn',
] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

export const AGREEMENT_STATES = ['draft', 'signing', 'in-force', 'suspended', 'ended'] as const;
export type AgreementState = (typeof AGREEMENT_STATES)[number];

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

export const ERASURE_TRANSITIONS: Transitions<ErasureState> = {
  proposed: ['approved', 'refused'],
  approved: ['erased'],
  refused: [],
  erased: [],
};

/**
 * What is postponed is answered when the ground has ceased, or postponed again. What is granted may still be withdrawn: nobody supplies data
 * that are no longer needed (Directive (EU) 2016/680 Art. 4(1)(c)).
 */
export const REQUEST_TRANSITIONS: Transitions<RequestState> = {
  draft: ['submitted', 'withdrawn'],
  submitted: ['acknowledged', 'withdrawn'],
  acknowledged: ['granted', 'partly-granted', 'refused', 'postponed', 'withdrawn'],
  postponed: ['granted', 'partly-granted', 'refused', 'postponed', 'withdrawn'],
  granted: ['fulfilled', 'withdrawn'],
  'partly-granted': ['fulfilled', 'withdrawn'],
  refused: ['closed'],
  fulfilled: ['closed'],
  closed: [],
  withdrawn: [],
};

/**
 * A new text on the table takes an agreement that some have signed back to a draft; one whose time runs out before all have signed it ends.
 * Dates alone may bring what all have signed straight into force, and what is in force to its end.
 */
export const AGREEMENT_TRANSITIONS: Transitions<AgreementState> = {
  draft: ['signing', 'ended'],
  signing: ['draft', 'in-force', 'suspended', 'ended'],
  'in-force': ['suspended', 'ended'],
  suspended: ['in-force', 'ended'],
  ended: [],
};

/** Where one party stands to an agreement it signed, by its own word. */
export const STANCES = ['standing', 'suspended', 'ended'] as const;
export type Stance = (typeof STANCES)[number];
export const STANCE_TRANSITIONS: Transitions<Stance> = {
  standing: ['suspended', 'ended'],
  suspended: ['standing', 'ended'],
  ended: [],
};

/** Whether a life cycle lets `from` become `to`. */
export function mayBecome<State extends string>(transitions: Transitions<State>, from: State, to: State): boolean {
  return transitions[from].includes(to);
}
