import { z } from 'zod';
import {
  AgencyId,
  AgreementId,
  Base64,
  CaseId,
  EventId,
  ExhibitId,
  FileId,
  GrantId,
  OfficerId,
  RequestId,
  RetrievalId,
  ReviewId,
  Sha256Hex,
  TeamId,
  UtcInstant,
} from '#domain/evidence';
import { Erasure } from './erasure.js';

/** What can happen to evidence, to the authority over it and to the people and keys around it. */
export const EVENT_KINDS = [
  'agency-certified',
  'officer-certified',
  'agency-invited',
  'agency-joined',
  'agency-changed',
  'agency-keys-rotated',
  'file-keys-rewrapped',
  'officer-added',
  'officer-bound',
  'officer-roles-changed',
  'officer-departed',
  'officer-revoked',
  'filter-team-changed',
  'agreement-in-force',
  'agreement-drafted',
  'agreement-signed',
  'agreement-amended',
  'agreement-suspended',
  'agreement-resumed',
  'agreement-ended',
  'team-appointed',
  'exhibit-registered',
  'manifest-signed',
  'file-stored',
  'exhibit-stored',
  'exhibit-sealed',
  'exhibit-quarantined',
  'exhibit-held',
  'exhibit-released',
  'exhibit-corrected',
  'grant-proposed',
  'grant-approved',
  'grant-released',
  'grant-accepted',
  'grant-activated',
  'grant-refused',
  'grant-revoked',
  'grant-expired',
  'access-refused',
  'retrieval-authorised',
  'retrieval-cut',
  'exhibit-received',
  'package-exported',
  'check-failed',
  'review-claimed',
  'review-recorded',
  'review-escalated',
  'audit-exported',
  'exhibit-read',
  'record-read',
  'log-contradicted',
  'log-recovered',
  'log-succeeded',
  'log-key-added',
  'witness-added',
  'witness-retired',
  'timestamp-refused',
  'erasure-proposed',
  'erasure-refused',
  'event-erased',
  'request-submitted',
  'request-acknowledged',
  'request-answered',
  'request-clarified',
  'request-fulfilled',
  'request-closed',
  'request-withdrawn',
  'request-due',
  'request-overdue',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export const OFFICER_ROLES = ['investigator', 'prosecutor', 'approver', 'agency-admin', 'auditor', 'defence'] as const;
export type OfficerRole = (typeof OFFICER_ROLES)[number];

const Actor = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('officer'), officerId: OfficerId, agencyId: AgencyId, role: z.enum(OFFICER_ROLES) }),
  z.strictObject({ kind: z.literal('platform'), component: z.enum(['api', 'worker', 'seed']) }),
]);
export type Actor = z.infer<typeof Actor>;

const PLATFORM_CHAIN_ID = '00000000-0000-4000-8000-000000000000';

/**
 * The chain an event stands in: a case; for events about people and keys the agency's own register; for those about the log, its store
 * and its witnesses the platform's.
 */
const Chain = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('case'), id: CaseId }),
  z.strictObject({ kind: z.literal('agency'), id: AgencyId }),
  z.strictObject({ kind: z.literal('platform'), id: z.literal(PLATFORM_CHAIN_ID) }),
]);
export type Chain = z.infer<typeof Chain>;
export const PLATFORM_CHAIN: Chain = { kind: 'platform', id: PLATFORM_CHAIN_ID };

/** What the author of an event says; its place in the chains is added when it is appended. */
export const CustodyStatement = z.strictObject({
  kind: z.enum(EVENT_KINDS),
  chain: Chain,
  exhibitId: ExhibitId.optional(),
  actor: Actor,
  counterpart: z.strictObject({ agencyId: AgencyId, officerId: OfficerId.optional() }).optional(),
  teamId: TeamId.optional(),
  place: z.string().max(500).optional(),
  purpose: z.string().max(2000).optional(),
  authority: z
    .strictObject({
      grantId: GrantId.optional(),
      agreementId: AgreementId.optional(),
      clause: z.string().max(200).optional(),
      legalBasis: z.string().max(500).optional(),
      rule: z.string().max(200).optional(),
    })
    .optional(),
  hashBefore: Sha256Hex.optional(),
  hashAfter: Sha256Hex.optional(),
  result: z.enum(['done', 'refused', 'failed']),
  reason: z.string().max(2000).optional(),
  object: z
    .strictObject({ fileId: FileId, versionId: z.string().max(1024), retainUntil: UtcInstant.optional() })
    .optional(),
  retrievalId: RetrievalId.optional(),
  reviewId: ReviewId.optional(),
  requestId: RequestId.optional(),
  corrects: EventId.optional(),
  /** Of `erasure-proposed`, `erasure-refused` and `event-erased`: which event, and by what law. */
  erasure: Erasure.optional(),
  detail: z.record(z.string().max(100), z.union([z.string().max(4000), z.number(), z.boolean()])).optional(),
  signature: z.string().max(20_000).optional(),
});
export type CustodyStatement = z.infer<typeof CustodyStatement>;

/**
 * One line of the record, as canonicalised, hashed and kept. `caseSeq` and `exhibitSeq` count from 1; the commitments
 * before it, base64, show an omission that an inclusion proof cannot show (null at the start of a chain).
 */
export const CustodyEvent = CustodyStatement.extend({
  schema: z.literal('custody-event/v1'),
  id: EventId,
  at: UtcInstant,
  zone: z.literal('UTC'),
  caseSeq: z.int().min(1),
  prevCaseCommitment: Base64.nullable(),
  exhibitSeq: z.int().min(1).optional(),
  prevExhibitCommitment: Base64.nullable().optional(),
  software: z.string().max(100),
});
export type CustodyEvent = z.infer<typeof CustodyEvent>;
