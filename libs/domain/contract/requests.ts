import { z } from 'zod';
import {
  AgencyId,
  ExhibitId,
  GrantId,
  OfficerId,
  REQUEST_STATES,
  RequestId,
  TeamId,
  UtcInstant,
} from '#domain/evidence';
import { GROUND_NAMES, INSTRUMENTS, MILESTONES, RequestForm, URGENCIES, words } from '#domain/requests';
import { PageQuery } from './paging.js';

/** POST /v1/requests: a draft, of which the agency asked knows nothing. */
export const DraftRequest = z.strictObject({ toAgencyId: AgencyId, form: RequestForm });
export type DraftRequest = z.infer<typeof DraftRequest>;

/** PATCH /v1/requests/:id, as long as it is a draft: the whole form anew, of the same instrument. */
export const ChangeRequest = z.strictObject({ form: RequestForm });
export type ChangeRequest = z.infer<typeof ChangeRequest>;

const Because = words(8000);
const GroundName = z.enum(GROUND_NAMES);

/** POST /v1/requests/:id/answer. Whatever is not granted names a ground of the instrument's, and says why (UNTOC Art. 18(23)). */
export const AnswerRequest = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('granted'), because: Because.optional() }),
  z.strictObject({
    outcome: z.literal('partly-granted'),
    /** What is executed. */
    extent: words(8000),
    ground: GroundName,
    because: Because,
  }),
  z.strictObject({ outcome: z.literal('refused'), ground: GroundName, because: Because }),
  z.strictObject({ outcome: z.literal('postponed'), ground: GroundName, because: Because, until: UtcInstant }),
]);
export type AnswerRequest = z.infer<typeof AnswerRequest>;

/** POST /v1/requests/:id/clarifications */
export const ClarifyRequest = z.strictObject({ text: words(8000) });
export type ClarifyRequest = z.infer<typeof ClarifyRequest>;

/** POST /v1/requests/:id/fulfilment. Spontaneous information may be complete without evidence. */
export const FulfilRequest = z.strictObject({ grantIds: z.array(GrantId).max(100) });
export type FulfilRequest = z.infer<typeof FulfilRequest>;

/** POST /v1/requests/:id/withdraw */
export const WithdrawRequest = z.strictObject({ reason: words(2000) });
export type WithdrawRequest = z.infer<typeof WithdrawRequest>;

const DeadlineView = z.object({
  milestone: z.enum(MILESTONES),
  dueAt: UtcInstant,
  /** Where it comes from. */
  source: z.string(),
  /** Whether the instrument sets it, or the platform alone watches it. */
  binding: z.boolean(),
  /** When it was met, or came to matter no longer. */
  endedAt: UtcInstant.nullable(),
  /** When it was found overdue; the oversight of both states was told then. */
  overdueAt: UtcInstant.nullable(),
});

const REQUEST_SUMMARY = {
  id: RequestId,
  state: z.enum(REQUEST_STATES),
  instrument: z.enum(INSTRUMENTS),
  urgency: z.enum(URGENCIES),
  reference: z.string(),
  fromAgencyId: AgencyId,
  fromAgencyName: z.string(),
  toAgencyId: AgencyId,
  toAgencyName: z.string(),
  teamId: TeamId.nullable(),
  draftedBy: OfficerId,
  draftedAt: UtcInstant,
  submittedAt: UtcInstant.nullable(),
  acknowledgedAt: UtcInstant.nullable(),
  answeredAt: UtcInstant.nullable(),
  fulfilledAt: UtcInstant.nullable(),
  /** When it was closed or withdrawn. */
  endedAt: UtcInstant.nullable(),
  deadlines: z.array(DeadlineView),
  /** Entity tag for If-Match. */
  version: z.number(),
};

/** An item of GET /v1/requests. */
export const RequestSummary = z.object(REQUEST_SUMMARY);
export type RequestSummary = z.infer<typeof RequestSummary>;

export const RequestView = z.object({
  ...REQUEST_SUMMARY,
  form: RequestForm,
  submittedBy: OfficerId.nullable(),
  acknowledgedBy: OfficerId.nullable(),
  answeredBy: OfficerId.nullable(),
  answer: z
    .object({
      outcome: z.enum(['granted', 'partly-granted', 'refused', 'postponed']),
      extent: z.string().optional(),
      ground: z.string().optional(),
      /** The law that the ground is of. */
      source: z.string().optional(),
      because: z.string().optional(),
      until: UtcInstant.optional(),
    })
    .nullable(),
  /** Why it was withdrawn. */
  withdrawal: z.string().nullable(),
  clarifications: z.array(
    z.object({ agencyId: AgencyId, officerId: OfficerId, text: z.string(), writtenAt: UtcInstant }),
  ),
  grants: z.array(z.object({ grantId: GrantId, exhibitIds: z.array(ExhibitId) })),
});
export type RequestView = z.infer<typeof RequestView>;

/** Seen from the own agency: requests that it made, and those made to it. */
export const REQUEST_DIRECTIONS = ['made', 'received'] as const;

/** What is asked of GET /v1/requests besides the page. */
export const RequestFilter = z.strictObject({
  state: z.enum(REQUEST_STATES).optional(),
  direction: z.enum(REQUEST_DIRECTIONS).optional(),
  /** Those of which something is still due before this instant. */
  dueBefore: UtcInstant.optional(),
});
export type RequestFilter = z.infer<typeof RequestFilter>;

export const RequestsQuery = PageQuery.extend(RequestFilter.shape);
export type RequestsQuery = z.infer<typeof RequestsQuery>;

/** GET /v1/requests/calendar → text/calendar (RFC 5545) */
export const CalendarQuery = RequestFilter.pick({ direction: true, dueBefore: true });
export type CalendarQuery = z.infer<typeof CalendarQuery>;
