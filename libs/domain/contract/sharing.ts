import { z } from 'zod';
import {
  AgencyId,
  Base64,
  ExhibitId,
  FileId,
  GRANT_STATES,
  GrantId,
  OfficerId,
  TeamId,
  UtcInstant,
} from '#domain/evidence';

/** A file key wrapped to the recipient agency: an age header, base64. */
export const WrappedFileKey = z.strictObject({ fileId: FileId, header: Base64.max(8000) });
export type WrappedFileKey = z.infer<typeof WrappedFileKey>;

/** POST /v1/grants */
export const ProposeGrant = z.strictObject({
  exhibitIds: z.array(ExhibitId).min(1).max(500),
  teamId: TeamId,
  toAgencyId: AgencyId,
  /** What for, in the proposer's words. */
  purpose: z.string().min(3).max(2000),
  /** Which of the agreement's purposes that is within; need not be said where the words begin with it, or it has but one. */
  agreedPurpose: z.string().min(1).max(500).optional(),
  legalBasis: z.string().min(3).max(500),
  /** Number of a clause of the agreement; without one the grant rests on the agreement as a whole. */
  clause: z.string().min(1).max(200).optional(),
  necessity: z.string().max(2000).optional(),
  conditions: z.string().max(4000).optional(),
  validFrom: UtcInstant.optional(),
  expiresAt: UtcInstant,
  /** Thumbprint of the recipient agency's age recipient set as certified in the agreement: which epoch the keys are wrapped to. */
  wrappedKeys: z.array(WrappedFileKey).min(1).max(50_000),
});
export type ProposeGrant = z.infer<typeof ProposeGrant>;

/** POST /v1/grants/:id/acceptance */
export const AcceptGrant = z.strictObject({ undertaking: z.string().min(3).max(4000) });
export type AcceptGrant = z.infer<typeof AcceptGrant>;

export const GrantView = z.object({
  id: GrantId,
  state: z.enum(GRANT_STATES),
  exhibitIds: z.array(ExhibitId),
  teamId: TeamId,
  fromAgencyId: AgencyId,
  fromAgencyName: z.string(),
  toAgencyId: AgencyId,
  toAgencyName: z.string(),
  proposedBy: OfficerId,
  approvedBy: OfficerId.nullable(),
  acceptedBy: OfficerId.nullable(),
  purpose: z.string(),
  /** As the agreement lists it; null only for a grant from before agreements were compared. */
  agreedPurpose: z.string().nullable(),
  legalBasis: z.string(),
  clause: z.string().nullable(),
  /** Why it is necessary, in the proposer's words. */
  necessity: z.string().nullable(),
  /** Whether it is from or to a third state and no administrator of the team has released it: nobody may accept or use it. */
  awaitsRelease: z.boolean(),
  releasedBy: OfficerId.nullable(),
  releasedAt: UtcInstant.nullable(),
  releaseReason: z.string().nullable(),
  conditions: z.string().nullable(),
  undertaking: z.string().nullable(),
  reason: z.string().nullable(),
  proposedAt: UtcInstant,
  validFrom: UtcInstant,
  expiresAt: UtcInstant,
  /** Entity tag for If-Match. */
  version: z.number(),
});
export type GrantView = z.infer<typeof GrantView>;
