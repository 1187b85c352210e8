import { z } from 'zod';
import { Authority, COMMON, EvidenceSought, Offences, Persons, statesItsUrgency, words } from '../form-parts.js';

/**
 * Information given without having been asked for (UNTOC Art. 18(4)-(5); MLA Convention 2000 Art. 7). Who gives it writes the form, and
 * supplies the evidence once its conditions are accepted.
 */
export const SpontaneousForm = z
  .strictObject({
    instrument: z.literal('spontaneous'),
    ...COMMON,
    informing: Authority,
    /** What is known. */
    information: words(20_000),
    /** For which inquiry, proceeding or request of the other state it could be of use. */
    relevance: words(4000),
    offences: Offences,
    evidence: EvidenceSought,
    persons: Persons,
    /** Whether it is to remain confidential, even temporarily (UNTOC Art. 18(5)). */
    confidential: z.boolean(),
    /** Conditions of use, which bind who accepts them (MLA Convention 2000 Art. 7(2)-(3)). */
    conditions: words(4000).optional(),
  })
  .superRefine(statesItsUrgency);
