import { z } from 'zod';
import { UtcInstant } from '#domain/evidence';
import {
  Authority,
  COMMON,
  isCourt,
  isJudicial,
  line,
  Offences,
  Persons,
  statesItsUrgency,
  words,
} from '../form-parts.js';

/** European Production Order: what Art. 5(5) of Regulation (EU) 2023/1543 says that it contains; who may issue it, Art. 4; an emergency, Art. 3(18). */
export const EpoForm = z
  .strictObject({
    instrument: z.literal('epo'),
    ...COMMON,
    /** (a) */
    issuing: Authority,
    validating: Authority.optional(),
    /** (b) The addressee: the service provider's designated establishment or legal representative (Art. 7). */
    addressee: line(300),
    /** (c) The user, or another unique identifier such as a user name, a login or an account. */
    user: line(500).optional(),
    identifier: line(500).optional(),
    persons: Persons,
    /** (d) */
    dataCategory: z.enum(['subscriber', 'identifying-the-user', 'traffic', 'content']),
    data: words(4000),
    /** (e) Time range, where there is one. */
    from: UtcInstant.optional(),
    until: UtcInstant.optional(),
    /** (f) */
    offences: Offences,
    /** (i) Necessity and proportionality, Art. 5(2). */
    necessity: words(4000),
    /** (j) */
    facts: words(10_000),
    /** Whether the enforcing authority is notified (Art. 8): of traffic and content data. */
    notified: z.boolean(),
  })
  .superRefine((form, context) => {
    // Art. 5(5)(g): an emergency states its reasons, as whatever is urgent does.
    statesItsUrgency(form, context);
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const revealing = form.dataCategory === 'traffic' || form.dataCategory === 'content';
    const entitled = revealing ? isCourt : isJudicial;
    if (!entitled(form.issuing) && (form.validating === undefined || !entitled(form.validating)))
      fault(
        'validating',
        revealing ? 'a judge or court must validate it (Art. 4(2))' : 'it must be validated (Art. 4(1))',
      );
    if (form.user === undefined && form.identifier === undefined)
      fault('user', 'it names the user or an identifier (Art. 5(5)(c))');
    if (revealing && !form.offences.some(({ listed, maximumYears = 0 }) => maximumYears >= 3 || listed !== undefined))
      fault('offences', 'traffic and content data need an offence that carries three years (Art. 5(4))');
    if (form.from !== undefined && form.until !== undefined && form.until <= form.from)
      fault('until', 'the time range ends before it begins');
  });
