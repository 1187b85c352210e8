/** Why something is refused: a stable code, words for a person, and the rule's source in law or in the platform's design. */
export interface Denial {
  readonly allowed: false;
  readonly rule: DenialRule;
  readonly because: string;
  readonly source: string;
}

const DENIALS = {
  'officer-not-certified': ['the officer is not certified by an agency', 'Directive (EU) 2016/680 Art. 29(2)'],
  'role-not-entitled': ['the role does not carry this act', 'Directive (EU) 2016/680 Art. 25, 29'],
  'purpose-missing': ['a purpose must be stated', 'Directive (EU) 2016/680 Art. 25(1)'],
  'purpose-outside-agreement': [
    'the purpose is none of those the agreement lists',
    'Directive (EU) 2016/680 Art. 4(1)(b)',
  ],
  'purpose-outside-grant': ['the purpose is not the one the grant was given for', 'Directive (EU) 2016/680 Art. 4(2)'],
  'clause-not-in-agreement': ['the agreement has no such clause', 'UNTOC Art. 19'],
  'exhibit-not-sealed': ['the exhibit is not sealed yet', 'ISO/IEC 27037 §6.9'],
  'exhibit-quarantined': ['the exhibit failed a check and is quarantined', 'ISO/IEC 27037 §6.9'],
  'exhibit-disposed': ['the exhibit has been disposed of', 'Directive (EU) 2016/680 Art. 5'],
  'exhibit-on-hold': ['a hold against disclosure is in force', 'Regulation (EU) 2023/969 Art. 7'],
  'exhibit-of-another-team': ['the exhibit belongs to another team than the grant', 'Regulation (EU) 2023/969 Art. 4'],
  'no-grant': ['no grant covers this exhibit for this agency', 'Regulation (EU) 2023/969 Art. 4'],
  'grant-not-live': ['the grant is not approved and accepted', 'Regulation (EU) 2023/969 Art. 4'],
  'grant-not-yet-valid': ['the grant is not valid yet', 'Directive (EU) 2016/680 Art. 4(1)(b)'],
  'grant-expired': ['the grant has expired', 'Directive (EU) 2016/680 Art. 4(1)(e)'],
  'grant-revoked': ['the grant was revoked', 'Directive (EU) 2016/680 Art. 9(3)'],
  'undertaking-missing': ['the recipient has not undertaken the conditions', 'Directive (EU) 2016/680 Art. 9(3)'],
  'approval-missing': ['no second officer approved the grant', 'four-eyes rule'],
  'agreement-not-in-force': ['the agreement behind the grant is not in force', 'UNTOC Art. 19'],
  'third-state-release-missing': [
    'what comes from or goes to a third state waits until an administrator of the team has released it',
    'Regulation (EU) 2023/969 Art. 17',
  ],
  'third-state-necessity-missing': [
    'what goes to or comes from a third state needs a statement of why it is necessary',
    'Regulation (EU) 2023/969 Art. 17; Directive (EU) 2016/680 Art. 35(1)(a)',
  ],
  'not-team-administrator': [
    'only an administrator of the team, of a side that is no third state, releases',
    'Regulation (EU) 2023/969 Art. 17',
  ],
  'recipient-not-a-party': ['the recipient is not a party to the agreement', 'UNTOC Art. 19'],
  'own-proposal': ['who proposes does not approve', 'four-eyes rule'],
  'own-roles': ['nobody changes their own roles', 'four-eyes rule'],
  'not-inviting-authority': [
    'agencies of a state are invited by its own oversight or central authority',
    'UNTOC Art. 18(13); Directive 2014/41/EU Art. 33(1)',
  ],
  'own-event': ['nobody reviews an act of their own', 'Directive (EU) 2016/680 Art. 42'],
  'event-not-erasable': [
    'events of this kind are kept: the exhibit, the log or an erasure is proven by them',
    'Directive (EU) 2016/680 Art. 16(3)(b)',
  ],
  'event-not-published': [
    'no published head of the log covers the event yet: nobody could tell afterwards that it was there',
    'Directive (EU) 2016/680 Art. 4(4)',
  ],
  'event-under-hold': [
    'the exhibit is on hold: what is in dispute is restricted, not erased',
    'Directive (EU) 2016/680 Art. 16(3)',
  ],
  'event-under-review': ['an auditor has not concluded the review of the event', 'Directive (EU) 2016/680 Art. 25(3)'],
  'event-in-use': [
    'what the event authorised is still in force; until it ends its record is what shows that it is lawful',
    'Regulation (EU) 2023/969 Art. 21',
  ],
  'own-act': ['nobody approves that the record of an act of their own is erased', 'Directive (EU) 2016/680 Art. 25(2)'],
  'request-of-others': ['the agency neither asks nor is asked by this request', 'Directive (EU) 2016/680 Art. 4(1)(b)'],
  'not-the-asking-authority': [
    'only the authority that asks drafts, submits, withdraws and closes a request',
    'UNTOC Art. 18(13); Directive 2014/41/EU Art. 2(c)',
  ],
  'not-the-authority-asked': [
    'only the authority asked acknowledges and answers a request',
    'UNTOC Art. 18(17); Directive 2014/41/EU Art. 2(d), 9',
  ],
  'not-the-supplying-authority': [
    'only the authority that has the evidence fulfils a request',
    'UNTOC Art. 18(17); Directive 2014/41/EU Art. 13',
  ],
  'instrument-not-binding': [
    'the instrument does not bind both states',
    'Directive 2014/41/EU recitals 44 and 45; Regulation (EU) 2023/1543 Art. 1',
  ],
  'ground-not-listed': [
    'the instrument has no such ground for this answer',
    'Directive 2014/41/EU Art. 11, 15; UNTOC Art. 18(21), 18(25); Regulation (EU) 2023/1543 Art. 12',
  ],
  'consultation-missing': [
    'the asking authority is consulted, in the thread of the request, before an answer on this ground',
    'Directive 2014/41/EU Art. 11(4); UNTOC Art. 18(26); Regulation (EU) 2023/1543 Art. 12(2)',
  ],
  'grant-between-others': [
    'the grant is not from the authority that has the evidence to the other one',
    'Regulation (EU) 2023/969 Art. 4',
  ],
  'privileged-material': ['privileged material is for the filter team until released', 'Directive 2013/48/EU Art. 4'],
} as const satisfies Record<string, readonly [string, string]>;
export type DenialRule = keyof typeof DENIALS;

/** A denial by rule. */
export function deny(rule: DenialRule): Denial {
  const [because, source] = DENIALS[rule];
  return { allowed: false, rule, because, source };
}
