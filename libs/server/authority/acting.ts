import type { ActingOfficer } from '#domain/authority';
import type { Actor, OfficerRole } from '#domain/custody';

/** The actor of an event, in the role of theirs that the act is for. */
export function actingAs(actor: ActingOfficer, preferred: readonly OfficerRole[] = []): Actor {
  return {
    kind: 'officer',
    officerId: actor.officerId,
    agencyId: actor.agencyId,
    role: roleOf(actor, preferred),
  };
}

/** The role an officer with several acts in, for the record: the preferred one they have, else the first certified. */
export function roleOf(actor: ActingOfficer, preferred: readonly OfficerRole[] = []): OfficerRole {
  const [first = 'investigator'] = actor.roles;
  return preferred.find((role) => actor.roles.includes(role)) ?? first;
}
