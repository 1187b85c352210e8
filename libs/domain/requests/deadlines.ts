import type { Instrument, Urgency } from './instruments.js';

/** What is due: that the request was received, whether it is executed, the evidence. */
export const MILESTONES = ['acknowledgement', 'decision', 'execution'] as const;
export type Milestone = (typeof MILESTONES)[number];

export interface Deadline {
  readonly at: Date;
  /** When it is worth reminding of. */
  readonly remindAt: Date;
  /** Where it comes from. */
  readonly source: string;
  /** Whether the instrument sets it; else the platform watches it, so that nothing is forgotten for lack of a period. */
  readonly binding: boolean;
}
export type Deadlines = Readonly<Record<Milestone, Deadline>>;

/** What deadlines are reckoned from. Instants, and so free of any zone and its summer time. */
export interface Reckoning {
  readonly instrument: Instrument;
  readonly urgency: Urgency;
  readonly submittedAt: Date;
  /** The date that the asking authority asked for. */
  readonly executeBy?: Date | null;
  /** When it was decided to execute it, wholly or in part. */
  readonly decidedAt?: Date | null;
  /** Until when it is postponed. */
  readonly postponedUntil?: Date | null;
}

interface Period {
  readonly hours: number;
  readonly source: string;
  readonly binding: boolean;
}
type Periods = Readonly<Record<Milestone, Period>>;

const HOUR_MS = 3_600_000;
const DAYS = 24;

const law = (hours: number, source: string): Period => ({ hours, source, binding: true });
/** The instrument says `as soon as possible`, or nothing. */
const watched = (hours: number, source: string): Period => ({ hours, source, binding: false });

/** Of an order, the periods of Directive 2014/41/EU Art. 12 and 16: a shorter one is asked for by date (Art. 12(2)). */
const EIO: Periods = {
  acknowledgement: law(7 * DAYS, 'Directive 2014/41/EU Art. 16(1)'),
  decision: law(30 * DAYS, 'Directive 2014/41/EU Art. 12(3)'),
  execution: law(90 * DAYS, 'Directive 2014/41/EU Art. 12(4)'),
};
/** Art. 10 reckons from receipt, and an answer comes with the data or before. */
const EPO: Readonly<Record<'ordinary' | 'emergency', Periods>> = {
  ordinary: {
    acknowledgement: watched(2 * DAYS, 'Regulation (EU) 2023/1543 Art. 10(1): without delay'),
    decision: law(10 * DAYS, 'Regulation (EU) 2023/1543 Art. 12(1)'),
    execution: law(10 * DAYS, 'Regulation (EU) 2023/1543 Art. 10(2)-(3)'),
  },
  emergency: {
    acknowledgement: watched(2, 'Regulation (EU) 2023/1543 Art. 10(4): without undue delay'),
    decision: law(8, 'Regulation (EU) 2023/1543 Art. 10(4)'),
    execution: law(8, 'Regulation (EU) 2023/1543 Art. 10(4)'),
  },
};

const UNTOC = 'UNTOC Art. 18(24): as soon as possible';
const TEAM = 'MLA Convention 2000 Art. 13(7): as in an investigation of one’s own';
const GIVEN = 'UNTOC Art. 18(4)-(5): no period';
/** Hours until acknowledgement, decision, and from the decision to execution. */
const watchedPeriods = (source: string, [acknowledgement, decision, execution]: readonly [number, number, number]) => ({
  acknowledgement: watched(acknowledgement, source),
  decision: watched(decision, source),
  execution: watched(execution, source),
});

const PERIODS: Readonly<Record<Instrument, Readonly<Record<Urgency, Periods>>>> = {
  eio: {
    routine: EIO,
    urgent: EIO,
    emergency: {
      acknowledgement: watched(8, 'Directive 2014/41/EU Art. 16(1): without delay'),
      decision: watched(24, 'Directive 2014/41/EU Art. 32(2)'),
      execution: watched(3 * DAYS, 'Directive 2014/41/EU Art. 12(2)'),
    },
  },
  epo: { routine: EPO.ordinary, urgent: EPO.ordinary, emergency: EPO.emergency },
  mla: {
    routine: watchedPeriods(UNTOC, [10 * DAYS, 30 * DAYS, 90 * DAYS]),
    urgent: watchedPeriods(UNTOC, [2 * DAYS, 10 * DAYS, 30 * DAYS]),
    emergency: watchedPeriods(UNTOC, [8, 24, 3 * DAYS]),
  },
  jit: {
    routine: watchedPeriods(TEAM, [2 * DAYS, 10 * DAYS, 30 * DAYS]),
    urgent: watchedPeriods(TEAM, [DAYS, 3 * DAYS, 10 * DAYS]),
    emergency: watchedPeriods(TEAM, [8, 8, DAYS]),
  },
  spontaneous: {
    routine: watchedPeriods(GIVEN, [10 * DAYS, 30 * DAYS, 30 * DAYS]),
    urgent: watchedPeriods(GIVEN, [2 * DAYS, 10 * DAYS, 10 * DAYS]),
    emergency: watchedPeriods(GIVEN, [8, 24, DAYS]),
  },
};

/** What the asking authority asked for has the instrument's own rule. */
const ASKED_FOR: Readonly<Record<Instrument, string>> = {
  eio: 'Directive 2014/41/EU Art. 12(2)',
  epo: 'Regulation (EU) 2023/1543 Art. 10(1)',
  mla: 'UNTOC Art. 18(24)',
  jit: 'UNTOC Art. 18(24)',
  spontaneous: 'UNTOC Art. 18(4)',
};
const POSTPONED: Partial<Record<Instrument, string>> = { eio: 'Directive 2014/41/EU Art. 15(2)' };

/**
 * When a request has to be acknowledged, decided and executed. A day is twenty-four hours from the moment of submission: never later than the
 * law would have it, which lets a period of days run to the end of its last day (Regulation (EEC, Euratom) No 1182/71 Art. 3).
 */
export function deadlinesOf(reckoning: Reckoning): Deadlines {
  const { instrument, urgency, submittedAt, executeBy = null, decidedAt = null, postponedUntil = null } = reckoning;
  const { acknowledgement, decision, execution } = PERIODS[instrument][urgency];
  const answer =
    postponedUntil === null
      ? after(submittedAt, decision)
      : due(submittedAt, postponedUntil, POSTPONED[instrument] ?? 'UNTOC Art. 18(25)', true);
  // An order of Art. 10 is reckoned from its receipt, all others from their decision.
  const from = instrument === 'epo' ? submittedAt : (decidedAt ?? answer.at);
  const supply = after(from, execution);
  const sooner = executeBy !== null && executeBy < supply.at && postponedUntil === null;
  return {
    acknowledgement: after(submittedAt, acknowledgement),
    decision: answer,
    execution: sooner ? due(submittedAt, executeBy, ASKED_FOR[instrument], false) : supply,
  };
}

/** The longest notice that is given of what is due: three days. */
const NOTICE_MS = 3 * DAYS * HOUR_MS;

function after(from: Date, { hours, source, binding }: Period): Deadline {
  return due(from, new Date(from.getTime() + hours * HOUR_MS), source, binding);
}

/** Reminded of when a quarter of the time is left. */
function due(from: Date, at: Date, source: string, binding: boolean): Deadline {
  const notice = Math.min(Math.max(at.getTime() - from.getTime(), 0) / 4, NOTICE_MS);
  return { at, remindAt: new Date(at.getTime() - notice), source, binding };
}
