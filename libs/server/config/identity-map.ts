import { z } from 'zod';
import { OFFICER_ROLES } from '#domain/custody';
import { AgencyId } from '#domain/evidence';

/** Claims that a person may change, or that pass from one to another: whoever has the address next would be the officer. OpenID Connect Core 1.0 §5.7. */
const NO_SUBJECTS = [
  'email',
  'preferred_username',
  'nickname',
  'name',
  'given_name',
  'family_name',
  'phone_number',
  'upn',
];
/** Claims of the protocol itself; none says who somebody is or what they are. */
const OF_THE_PROTOCOL = [
  'iss',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'client_id',
  'scope',
  'cnf',
  'sid',
  'acr',
  'amr',
  'auth_time',
];

const claim = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be the name of a claim')
  .refine((name) => !OF_THE_PROTOCOL.includes(name), 'must not be a claim of the protocol itself');
const value = z.string().min(1).max(255);
const some = (map: object) => Object.keys(map).length > 0;

/**
 * What claims of an external provider mean here. It narrows only: which of the agencies it speaks for a token is of, and which of the roles
 * that the agency certified the officer may use. No claim adds an officer, an agency or a role.
 */
export const IdentityMap = z
  .strictObject({
    /** The provider: AMANA_ISSUER. */
    issuer: z.string().min(1),
    /** Under which the directory has its officers. */
    subjectClaim: claim
      .refine((name) => !NO_SUBJECTS.includes(name), 'must not be a claim that can change or pass to somebody else')
      .default('sub'),
    agencyClaim: claim,
    /** From a value of that claim to the agency it stands for. */
    agencies: z.record(value, AgencyId).refine(some, 'must name an agency'),
    roleClaim: claim.optional(),
    /** From a value of that claim to a role; values that are not here mean nothing. */
    roles: z.record(value, z.enum(OFFICER_ROLES)).refine(some, 'must name a role').optional(),
  })
  .refine(({ roleClaim, roles }) => (roleClaim === undefined) === (roles === undefined), {
    message: 'roleClaim and roles go together',
  })
  .refine(({ subjectClaim, agencyClaim, roleClaim }) => {
    const names = [subjectClaim, agencyClaim, ...(roleClaim === undefined ? [] : [roleClaim])];
    return new Set(names).size === names.length;
  }, 'subject, agency and roles must be three claims');
export type IdentityMap = z.infer<typeof IdentityMap>;
