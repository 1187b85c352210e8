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
  'recipient-not-a-party': ['the recipient is not a party to the agreement', 'UNTOC Art. 19'],
  'own-proposal': ['who proposes does not approve', 'four-eyes rule'],
  'own-event': ['nobody reviews an act of their own', 'Directive (EU) 2016/680 Art. 42'],
  'privileged-material': ['privileged material is for the filter team until released', 'Directive 2013/48/EU Art. 4'],
} as const satisfies Record<string, readonly [string, string]>;
export type DenialRule = keyof typeof DENIALS;

/** A denial by rule. */
export function deny(rule: DenialRule): Denial {
  const [because, source] = DENIALS[rule];
  return { allowed: false, rule, because, source };
}
