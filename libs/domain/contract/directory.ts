import { z } from 'zod';
import { OFFICER_ROLES } from '#domain/custody';
import { COMPETENCE_NAMES, ContactPoint, LanguageTag } from '#domain/directory';
import { AgencyId, FileId, GrantId, OfficerId, Sha256Hex, UtcInstant } from '#domain/evidence';
import { AGENCY_KINDS, AgencyKeyView, AgencyView, EnrolKeys } from './authority.js';
import { PageQuery } from './paging.js';

const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^(?=.*\S)[^\p{Cc}\p{Surrogate}\u2028\u2029]*$/u, 'must be one line, not blank');
const StateCode = z.string().regex(/^[A-Z]{2}$/, 'must be a code of ISO 3166-1, such as LY');
const Competences = z
  .array(z.enum(COMPETENCE_NAMES))
  .max(COMPETENCE_NAMES.length)
  .refine((names) => new Set(names).size === names.length, 'must not name one twice');
const Words = line(200);
const Roles = z
  .array(z.enum(OFFICER_ROLES))
  .min(1)
  .refine((roles) => new Set(roles).size === roles.length, 'must not name one twice');
const Email = z.email().max(254);
const Reason = z.string().min(3).max(2000);

/** GET /v1/agencies: all that is said must hold. */
export const AgencySearch = PageQuery.extend({
  state: StateCode.optional(),
  competence: z.enum(COMPETENCE_NAMES).optional(),
  language: LanguageTag.optional(),
  /** Beginnings of words of state, name, kind and contact points. */
  q: Words.optional(),
  /** A contact point answers at this moment, by its own clock. */
  openAt: UtcInstant.optional(),
});
export type AgencySearch = z.infer<typeof AgencySearch>;

/** GET /v1/agencies/:id. Its entity tag is that of the agency without the history of its keys, which is never changed. */
export const AgencyDetail = AgencyView.extend({ keys: z.array(AgencyKeyView).default([]) });
export type AgencyDetail = z.infer<typeof AgencyDetail>;

/** PATCH /v1/agencies/:id: what is not said stays. */
export const ChangeAgency = z
  .strictObject({ contactPoints: z.array(ContactPoint).max(50).optional(), competences: Competences.optional() })
  .refine((said) => said.contactPoints !== undefined || said.competences !== undefined, 'must change something');
export type ChangeAgency = z.infer<typeof ChangeAgency>;

/** POST /v1/agencies/:id/rotation: keys of the next epoch, and every certified officer certified anew under them. */
export const RotateAgencyKeys = z.strictObject({
  statement: z.unknown(),
  succession: z.unknown(),
  wrappedKeys: z.base64().max(400_000),
  certificates: z.array(z.strictObject({ officerId: OfficerId, certificate: z.unknown() })).max(500),
});
export type RotateAgencyKeys = z.infer<typeof RotateAgencyKeys>;

/** The key of a file, wrapped to the agency. Without a grant it is the agency's own. */
export const HeldFileKey = z.strictObject({
  fileId: FileId,
  grantId: GrantId.nullable(),
  header: z.base64().max(20_000),
});
export type HeldFileKey = z.infer<typeof HeldFileKey>;

/** PUT /v1/agencies/mine/file-keys: those that came in a page, wrapped to the keys in use. */
export const RewrapFileKeys = z.strictObject({ epoch: z.int().min(1), fileKeys: z.array(HeldFileKey).min(1).max(200) });
export type RewrapFileKeys = z.infer<typeof RewrapFileKeys>;
export const Rewrapped = z.object({ rewrapped: z.int() });
export type Rewrapped = z.infer<typeof Rewrapped>;

/** POST /v1/invitations: the token is its maker's; the platform knows its digest alone until it is used. */
export const InviteAgency = z.strictObject({
  tokenSha256: Sha256Hex,
  state: StateCode,
  name: line(200),
  kind: z.enum(AGENCY_KINDS),
  competences: Competences.default([]),
  /** Of the first administrator. */
  email: Email,
  /** At most 30 days ahead. */
  expiresAt: UtcInstant,
});
export type InviteAgency = z.infer<typeof InviteAgency>;

export const InvitationView = z.object({
  id: z.uuid(),
  /** What the agency and its first administrator will be. */
  agencyId: AgencyId,
  officerId: OfficerId,
  state: z.string(),
  name: z.string(),
  kind: z.enum(AGENCY_KINDS),
  competences: z.array(z.enum(COMPETENCE_NAMES)),
  email: z.string(),
  expiresAt: UtcInstant,
  acceptedAt: UtcInstant.nullable(),
});
export type InvitationView = z.infer<typeof InvitationView>;

const InvitationToken = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be the token as it was given');

/** POST /v1/invitations/inspection: by somebody signed in at the issuer. */
export const InspectInvitation = z.strictObject({ token: InvitationToken });
export type InspectInvitation = z.infer<typeof InspectInvitation>;

/** POST /v1/invitations/acceptance: the agency's first keys, and the administrator's own, certified with them. */
export const AcceptInvitation = z.strictObject({
  token: InvitationToken,
  /** Of the same sign-in: says, by the issuer, that the address invited is theirs. */
  idToken: z.string().max(8_192),
  administrator: line(200),
  statement: z.unknown(),
  wrappedKeys: z.base64().max(200_000),
  keys: EnrolKeys,
  certificate: z.unknown(),
});
export type AcceptInvitation = z.infer<typeof AcceptInvitation>;

/** GET /v1/officers */
export const OfficerSearch = PageQuery.extend({
  /** Beginnings of words of name and address. */
  q: Words.optional(),
});
export type OfficerSearch = z.infer<typeof OfficerSearch>;

/** POST /v1/officers: by an administrator. Without a subject the first who signs in with the address, which the issuer verified, is the officer. */
export const AddOfficer = z.strictObject({
  id: OfficerId,
  name: line(200),
  email: Email,
  roles: Roles,
  subject: z.string().min(1).max(255).optional(),
});
export type AddOfficer = z.infer<typeof AddOfficer>;

/** POST /v1/officers/binding: by somebody signed in at the issuer who is no officer yet. */
export const BindOfficer = z.strictObject({ idToken: z.string().max(8_192) });
export type BindOfficer = z.infer<typeof BindOfficer>;

/** POST /v1/officers/:id/roles: with a certificate that names them, where the officer has one. */
export const ChangeRoles = z.strictObject({ roles: Roles, certificate: z.unknown().optional() });
export type ChangeRoles = z.infer<typeof ChangeRoles>;

/** POST /v1/officers/:id/departure: by an administrator or by the officer; and of /revocation, by an administrator. */
export const LeaveAgency = z.strictObject({ reason: Reason });
export type LeaveAgency = z.infer<typeof LeaveAgency>;
