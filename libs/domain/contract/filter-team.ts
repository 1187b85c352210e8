import { z } from 'zod';
import { OfficerId } from '#domain/evidence';

/** PUT /v1/officers/:id/filter-team: by an administrator of the same agency; nobody puts themselves in. */
export const SetFilterTeam = z.strictObject({ member: z.boolean(), reason: z.string().min(3).max(2000) });
export type SetFilterTeam = z.infer<typeof SetFilterTeam>;

/** Whether an officer is in the filter team of their agency, which alone sees its privileged material. */
export const FilterTeamView = z.object({ officerId: OfficerId, member: z.boolean() });
export type FilterTeamView = z.infer<typeof FilterTeamView>;
