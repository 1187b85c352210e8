import { z } from 'zod';
import {
  AGREEMENT_STATES,
  AgencyId,
  Base64,
  OfficerId,
  Sha256Hex,
  STANCES,
  TeamId,
  UtcInstant,
} from '#domain/evidence';
import { AgreementView, TeamView } from './authority.js';

const Signature = z.strictObject({ protected: z.string().max(2000), signature: z.string().max(200) });

/**
 * POST /v1/agreements: a text to negotiate from, or an instrument that every party has signed; one of the two.
 */
export const BeginAgreement = z
  .strictObject({ draft: z.unknown().optional(), instrument: z.unknown().optional() })
  .refine(({ draft, instrument }) => (draft === undefined) !== (instrument === undefined), 'a draft or an instrument');
export type BeginAgreement = z.infer<typeof BeginAgreement>;

/** PUT /v1/agreements/:id/draft and POST /v1/agreements/:id/amendments: the whole text. */
export const DraftAgreement = z.strictObject({ draft: z.unknown() });
export type DraftAgreement = z.infer<typeof DraftAgreement>;

/** POST /v1/agreements/:id/signatures: the own agency's, over the very bytes of the text on the table (typ amana-agreement+jws). */
export const SignAgreement = z.strictObject({ signature: Signature });
export type SignAgreement = z.infer<typeof SignAgreement>;

/** POST /v1/agreements/:id/suspend, …/resume and …/end: the agency's own signed word (typ amana-agreement-word+jws). */
export const TellAgreement = z.strictObject({ word: z.unknown() });
export type TellAgreement = z.infer<typeof TellAgreement>;

/** A text that was laid before the parties. */
export const AgreementText = z.object({
  /** Counts from 1 over all texts of the agreement. */
  revision: z.number(),
  /** The exact bytes that the parties sign, RFC 8785 JSON. */
  payload: Base64,
  payloadSha256: Sha256Hex,
  /** Digest of the text in force that it would replace; null of a first text. */
  predecessor: Sha256Hex.nullable(),
  signatures: z.array(Signature),
  signedBy: z.array(AgencyId),
  /** Who has not signed it. */
  missing: z.array(AgencyId),
  draftedBy: OfficerId,
  draftedFor: AgencyId,
  draftedAt: UtcInstant,
  completedAt: UtcInstant.nullable(),
});
export type AgreementText = z.infer<typeof AgreementText>;

export const PartyStance = z.object({
  agencyId: AgencyId,
  stance: z.enum(STANCES),
  reason: z.string().nullable(),
  since: UtcInstant.nullable(),
  /** The party's signed word for it, and its digest, which its next word names. */
  word: z.unknown().nullable(),
  wordSha256: Sha256Hex.nullable(),
});
export type PartyStance = z.infer<typeof PartyStance>;

/** An agreement with how it stands: `instrument` is null until every party has signed. */
export const AgreementDetail = AgreementView.extend({
  state: z.enum(AGREEMENT_STATES),
  /** Digest of the text in force; null until there is one. */
  payloadSha256: Sha256Hex.nullable(),
  teamId: TeamId.nullable(),
  parties: z.array(PartyStance),
  /** The text on the table, a first one or an amendment; null when there is none. */
  draft: AgreementText.nullable(),
});
export type AgreementDetail = z.infer<typeof AgreementDetail>;

/** PUT /v1/teams/:id/appointments: by an administrator of the officer's own agency, who does not appoint themselves. */
export const AppointOfficer = z.strictObject({
  officerId: OfficerId,
  role: z.enum(['leader', 'administrator']),
  appointed: z.boolean(),
  reason: z.string().min(3).max(2000),
});
export type AppointOfficer = z.infer<typeof AppointOfficer>;

export const TeamDetail = TeamView.extend({
  agreementState: z.enum(AGREEMENT_STATES),
  thirdStates: z.array(z.string()),
  /** Leaders and administrators: named in the agreement, or appointed by their agency. */
  officers: z.array(
    z.object({
      agencyId: AgencyId,
      officerId: OfficerId.nullable(),
      name: z.string(),
      role: z.enum(['leader', 'administrator']),
      by: z.enum(['agreement', 'agency']),
    }),
  ),
});
export type TeamDetail = z.infer<typeof TeamDetail>;
