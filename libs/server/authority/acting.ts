import type { ActingOfficer } from '#domain/authority';
import type { Actor, OfficerRole } from '#domain/custody';
import { roleOf } from './authority.js';

/** The actor of an event, in the role of theirs that the act is for. */
export function actingAs(actor: ActingOfficer, preferred: readonly OfficerRole[] = []): Actor {
  return {
    kind: 'officer',
    officerId: actor.officerId,
    agencyId: actor.agencyId,
    role: roleOf(actor, preferred),
  };
}
