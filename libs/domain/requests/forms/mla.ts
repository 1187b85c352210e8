import { z } from 'zod';
import { Authority, COMMON, EvidenceSought, line, Offences, Persons, statesItsUrgency, words } from '../form-parts.js';

/** Request for mutual legal assistance: what UNTOC Art. 18(15)(a) to (f) says that it contains. */
export const MlaForm = z
  .strictObject({
    instrument: z.literal('mla'),
    ...COMMON,
    /** The treaty, where it is another than UNTOC (Art. 18(6)-(7)). */
    treaty: line(300).optional(),
    /** (a) The authority that makes the request. */
    requesting: Authority,
    /** (b) Subject matter and nature of the investigation, prosecution or proceeding, and who conducts it. */
    subject: words(2000),
    nature: z.enum(['investigation', 'prosecution', 'judicial-proceeding']),
    conductedBy: line(300),
    offences: Offences,
    /** (c) */
    facts: words(20_000),
    /** (d) What is asked for, and a particular procedure to be followed. */
    assistance: words(4000),
    procedure: words(4000).optional(),
    evidence: EvidenceSought,
    /** (e) */
    persons: Persons,
    /** (f) Art. 18(19): what it may not be used for without consent is all else. */
    purpose: words(2000),
    /** Whether fact and substance are to be kept confidential (Art. 18(20)). */
    confidential: z.boolean(),
  })
  .superRefine(statesItsUrgency);
