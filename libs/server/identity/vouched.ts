import type { ActingOfficer } from '#domain/authority';
import type { OfficerRole } from '#domain/custody';
import type { AgencyId } from '#domain/evidence';
import type { IdentityMap } from '#server/config';

/** What a provider vouches for in a token, as far as it may. */
export interface Vouched {
  /** The agencies that it says the person is of, out of those it may speak for. */
  readonly agencies: readonly AgencyId[];
  /** The roles it lets them use at most; null: it does not say, and the agency's certificate alone does. */
  readonly roles: readonly OfficerRole[] | null;
}

/** A list of a token's claim is no longer than any person's; one that is counts for nothing. */
const MOST_VALUES = 256;

/** The claims of a token as the configuration reads them. What it does not name means nothing. */
export function vouchedBy(map: IdentityMap, claims: Readonly<Record<string, unknown>>): Vouched {
  const { agencyClaim, agencies, roleClaim, roles } = map;
  return {
    agencies: meant(claims, agencyClaim, agencies),
    roles: roleClaim === undefined || roles === undefined ? null : meant(claims, roleClaim, roles),
  };
}

/**
 * The officer as far as the provider vouches for them: with the roles that both it and the agency's certificate give.
 * @returns null for an officer of an agency that the token does not say they are of: the provider has no say there, whatever it claims
 */
export function asVouched<Officer extends Pick<ActingOfficer, 'agencyId' | 'roles'>>(
  officer: Officer,
  { agencies, roles }: Vouched,
): Officer | null {
  if (!agencies.includes(officer.agencyId)) return null;
  return roles === null ? officer : { ...officer, roles: officer.roles.filter((role) => roles.includes(role)) };
}

function meant<Meaning>(
  claims: Readonly<Record<string, unknown>>,
  name: string,
  meanings: Readonly<Record<string, Meaning>>,
): Meaning[] {
  const claimed = Object.hasOwn(claims, name) ? claims[name] : undefined;
  const values: readonly unknown[] = Array.isArray(claimed) ? claimed : [claimed];
  if (values.length > MOST_VALUES) return [];
  return values.flatMap((one) => {
    const meaning = typeof one === 'string' && Object.hasOwn(meanings, one) ? meanings[one] : undefined;
    return meaning === undefined ? [] : [meaning];
  });
}
