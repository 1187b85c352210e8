import { z } from 'zod';
import {
  Authority,
  COMMON,
  Day,
  EvidenceSought,
  isJudicial,
  line,
  Offences,
  Persons,
  statesItsUrgency,
  words,
} from '../form-parts.js';

const MEASURES = [
  ...['obtaining-existing-information', 'production', 'search-and-seizure', 'device-examination', 'hearing'],
  ...['hearing-by-video', 'temporary-transfer', 'account-information', 'transactions', 'monitoring-in-real-time'],
  ...['covert-investigation', 'interception', 'provisional-measure', 'subscriber-identification', 'other'],
] as const;

/** Additional requirements of certain measures (sections H1 to H7): which, and what is said of it. */
const Requirement = z.strictObject({
  section: z.enum(['H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7']),
  details: words(4000),
  /** Of an interception: whom or what it is aimed at, and how long it lasts (Art. 30(3)). */
  target: line(500).optional(),
  from: Day.optional(),
  until: Day.optional(),
});

/** European Investigation Order: the sections of Annex A of Directive 2014/41/EU, its contents of Art. 5(1), conditions of Art. 6, Art. 8. */
export const EioForm = z
  .strictObject({
    instrument: z.literal('eio'),
    ...COMMON,
    /** Section B; its reasons are `urgencyReason`. */
    urgencyGround: z.enum(['destruction-of-evidence', 'imminent-trial', 'other']).optional(),
    /** Section C. */
    measures: z
      .array(z.strictObject({ measure: z.enum(MEASURES), description: words(4000) }))
      .min(1)
      .max(30),
    evidence: EvidenceSought,
    /** Section D: an order that this one follows or supplements (Art. 8). */
    earlierOrder: z
      .strictObject({ reference: line(200), sentTo: line(300), sentOn: Day, answerReference: line(200).optional() })
      .optional(),
    /** Section E. */
    persons: Persons,
    /** Section F: Art. 4(a) to (d). */
    proceedings: z.enum(['criminal', 'administrative-a', 'judicial', 'legal-person']),
    /** Section G. */
    facts: words(20_000),
    stage: z.enum(['investigation', 'prosecution', 'trial', 'other']),
    offences: Offences,
    /** Art. 6(1)(a). */
    necessity: words(4000),
    /** Art. 6(1)(b): under what law it could be ordered at home. */
    domesticBasis: line(500),
    /** Section H. */
    requirements: z.array(Requirement).max(7).default([]),
    /** Section I. */
    formalities: words(4000).optional(),
    officialsToAttend: line(500).optional(),
    /** Section J. */
    remedy: words(2000).optional(),
    /** Section K. */
    issuing: Authority,
    /** Section L. */
    validating: Authority.optional(),
  })
  .superRefine((form, context) => {
    statesItsUrgency(form, context);
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (!isJudicial(form.issuing) && (form.validating === undefined || !isJudicial(form.validating)))
      fault('validating', 'a judge, court or public prosecutor must validate it (Art. 2(c)(ii))');
    if (form.urgency !== 'routine' && form.urgencyGround === undefined)
      fault('urgencyGround', 'an urgent order names its ground (section B)');
    const intercepts = form.measures.some(({ measure }) => measure === 'interception');
    const told = form.requirements.some(({ section, target, until }) => section === 'H7' && target && until);
    if (intercepts && !told) fault('requirements', 'an interception needs section H7 with its target and its end');
  });
