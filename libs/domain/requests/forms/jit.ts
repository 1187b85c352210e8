import { z } from 'zod';
import { TeamId } from '#domain/evidence';
import { Authority, COMMON, EvidenceSought, line, Persons, statesItsUrgency, words } from '../form-parts.js';

/** Request of a team's member to the authorities of another party of the team (MLA Convention 2000 Art. 13(7); UNTOC Art. 19). */
export const JitForm = z
  .strictObject({
    instrument: z.literal('jit'),
    ...COMMON,
    teamId: TeamId,
    /** Clause of the team's agreement that it rests on. */
    clause: line(200).optional(),
    /** Who asks for the team: its leader, or a member of it. */
    requesting: Authority,
    capacity: z.enum(['team-leader', 'member', 'seconded-member']),
    /** Measures that the authority asked would take in an investigation of its own, without a further request. */
    measures: words(4000),
    evidence: EvidenceSought,
    persons: Persons,
    /** Within what the team was set up for (Art. 13(10)(a)). */
    purpose: words(2000),
    necessity: words(4000),
  })
  .superRefine(statesItsUrgency);
