import { z } from 'zod';
import { AgencyId, AgreementId, OfficerId, TeamId, UtcInstant } from '#domain/evidence';
import { OFFICER_ROLES } from '#domain/custody';
import { COMPETENCE_NAMES, ContactPoint } from '#domain/directory';

export const AGENCY_KINDS = ['border', 'investigation', 'prosecution', 'court', 'oversight'] as const;

export const AgencyView = z.object({
  id: AgencyId,
  state: z.string(),
  name: z.string(),
  kind: z.enum(AGENCY_KINDS),
  contact: z.string(),
  competences: z.array(z.enum(COMPETENCE_NAMES)).default([]),
  contactPoints: z.array(ContactPoint).default([]),
  /** The agency's statement of its keys (typ amana-agency+jws), null until its first administrator made them. */
  statement: z.unknown().nullable(),
});
export type AgencyView = z.infer<typeof AgencyView>;

/** PUT /v1/agencies/:id/keys: by the agency's administrator. */
export const PublishAgencyKeys = z.strictObject({
  statement: z.unknown(),
  /** Private halves, an age file encrypted to officers of the agency and its recovery recipient; base64. */
  wrappedKeys: z.base64().max(200_000),
});
export type PublishAgencyKeys = z.infer<typeof PublishAgencyKeys>;

/** GET /v1/agencies/mine/keys */
export const WrappedAgencyKeys = z.object({
  agencyId: AgencyId,
  epoch: z.number(),
  statement: z.unknown(),
  wrappedKeys: z.string(),
  /** Since when an officer who had these keys is gone, so that others must follow; null when none is. */
  rotationDueSince: UtcInstant.nullable().exactOptional(),
});
export type WrappedAgencyKeys = z.infer<typeof WrappedAgencyKeys>;

export const OfficerView = z.object({
  id: OfficerId,
  agencyId: AgencyId,
  name: z.string(),
  email: z.string(),
  roles: z.array(z.enum(OFFICER_ROLES)),
  keyState: z.enum(['none', 'enrolled', 'certified', 'revoked']),
  signingKey: z.unknown().nullable(),
  recipient: z.string().nullable(),
  /** The agency's certificate of the keys (typ amana-officer+jws). */
  certificate: z.unknown().nullable(),
  /** When they left the agency; null of who is there. */
  leftAt: UtcInstant.nullable().exactOptional(),
});
export type OfficerView = z.infer<typeof OfficerView>;

/** PUT /v1/officers/me/keys: an officer enrols the public halves of their keys. */
export const EnrolKeys = z.strictObject({
  signingKey: z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().length(43) }),
  recipient: z.string().regex(/^age1[02-9ac-hj-np-z]{58}$/),
});
export type EnrolKeys = z.infer<typeof EnrolKeys>;

/** POST /v1/officers/:id/certificate: by an administrator of the same agency, who also re-wraps the agency's keys. */
export const CertifyOfficer = z.strictObject({ certificate: z.unknown(), wrappedKeys: z.base64().max(200_000) });
export type CertifyOfficer = z.infer<typeof CertifyOfficer>;

export const AgreementView = z.object({
  id: AgreementId,
  title: z.string(),
  validFrom: UtcInstant,
  validUntil: UtcInstant,
  /** The signed instrument (typ amana-agreement+jws), one signature a party. */
  instrument: z.unknown(),
});
export type AgreementView = z.infer<typeof AgreementView>;

export const TeamView = z.object({
  id: TeamId,
  name: z.string(),
  agreementId: AgreementId,
  agencies: z.array(z.object({ id: AgencyId, state: z.string(), name: z.string() })),
});
export type TeamView = z.infer<typeof TeamView>;

/** Keys of an agency in one epoch, as it published them. */
export const AgencyKeyView = z.object({
  epoch: z.int(),
  statement: z.unknown(),
  /** The word of the keys before (typ amana-succession+jws); null of first keys. */
  succession: z.unknown().nullable(),
  since: UtcInstant,
  /** Null of those in use. */
  until: UtcInstant.nullable(),
});
export type AgencyKeyView = z.infer<typeof AgencyKeyView>;

/** The keys of an agency through time. */
export const AgencyKeyHistory = z.object({ agencyId: AgencyId, keys: z.array(AgencyKeyView) });
export type AgencyKeyHistory = z.infer<typeof AgencyKeyHistory>;

/** GET /v1/officers/me */
export const WhoAmI = z.object({
  officer: OfficerView,
  agency: AgencyView,
  teams: z.array(TeamView),
  /** Of the own agency and of those in its teams: of each that has changed its keys. */
  histories: z.array(AgencyKeyHistory).default([]),
});
export type WhoAmI = z.infer<typeof WhoAmI>;
