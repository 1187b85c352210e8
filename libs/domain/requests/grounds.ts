import type { Instrument } from './instruments.js';

/** Why a request is not, or not yet, executed: words for a person, the law it rests on. */
export interface Ground {
  readonly because: string;
  readonly source: string;
  /** Whether the asking authority has to be consulted before. */
  readonly consultFirst: boolean;
}

/** What a ground is given for; of `partly-granted` it is for the part that is refused. */
export type GroundUse = 'refusal' | 'postponement';

const EIO = 'Directive 2014/41/EU';
const EPO = 'Regulation (EU) 2023/1543';

const ground = (because: string, source: string): Ground => ({ because, source, consultFirst: false });
/** Where the instrument has the asking authority consulted before. */
const consulted = (because: string, source: string): Ground => ({ because, source, consultFirst: true });

const UNTOC_REFUSAL = {
  'form-not-met': consulted('the request is not as the instrument demands', 'UNTOC Art. 18(21)(a)'),
  'essential-interests': consulted(
    'it would prejudice sovereignty, security, ordre public or other essential interests',
    'UNTOC Art. 18(21)(b)',
  ),
  'prohibited-by-domestic-law': consulted(
    'domestic law would prohibit the action for a similar offence of its own jurisdiction',
    'UNTOC Art. 18(21)(c)',
  ),
  'contrary-to-legal-system': consulted(
    'it is contrary to the legal system of mutual assistance',
    'UNTOC Art. 18(21)(d)',
  ),
  'double-criminality': ground('the conduct is no offence in the state asked', 'UNTOC Art. 18(9)'),
} as const;

/** Grounds of refusal: closed lists. That an offence is fiscal, or a matter of bank secrecy, is none (UNTOC Art. 18(8), 18(22)). */
const REFUSAL = {
  eio: {
    'immunity-or-privilege': consulted(
      'an immunity, a privilege or a rule on press freedom prevents it',
      `${EIO} Art. 11(1)(a)`,
    ),
    'national-security': consulted(
      'it would harm essential national security, endanger a source or involve classified intelligence',
      `${EIO} Art. 11(1)(b)`,
    ),
    'measure-not-authorised': ground(
      'the measure is not authorised in such proceedings under the law of the executing state',
      `${EIO} Art. 11(1)(c)`,
    ),
    'ne-bis-in-idem': consulted('the person was finally judged for the same acts', `${EIO} Art. 11(1)(d)`),
    extraterritorial: consulted(
      'the acts are outside the issuing state, wholly or partly in the executing one, and no offence there',
      `${EIO} Art. 11(1)(e)`,
    ),
    'fundamental-rights': consulted('it would be incompatible with Art. 6 TEU and the Charter', `${EIO} Art. 11(1)(f)`),
    'double-criminality': ground(
      'the conduct is no offence in the executing state, and none of Annex D that carries three years',
      `${EIO} Art. 11(1)(g)`,
    ),
    'offence-threshold': ground(
      'the measure is restricted there to offences, or to a threshold, that this one does not reach',
      `${EIO} Art. 11(1)(h)`,
    ),
    'measure-unavailable': ground(
      'the measure does not exist there and no other has the same result',
      `${EIO} Art. 10(5)`,
    ),
  },
  mla: UNTOC_REFUSAL,
  jit: {
    ...UNTOC_REFUSAL,
    'outside-the-team': ground(
      'it is not within what the team was set up for',
      'MLA Convention 2000 Art. 13(1), 13(10)',
    ),
  },
  spontaneous: {
    'conditions-not-acceptable': ground(
      'the conditions of use cannot be complied with',
      'MLA Convention 2000 Art. 7(2)-(3); UNTOC Art. 18(5)',
    ),
    'not-competent': ground('the information is of no use for an inquiry of this authority', 'UNTOC Art. 18(4)'),
  },
  epo: {
    'immunity-or-privilege': consulted(
      'an immunity, a privilege or a rule on press freedom protects the data',
      `${EPO} Art. 12(1)(a)`,
    ),
    'fundamental-rights': consulted(
      'exceptionally, a manifest breach of a fundamental right would follow',
      `${EPO} Art. 12(1)(b)`,
    ),
    'ne-bis-in-idem': consulted('it would be contrary to ne bis in idem', `${EPO} Art. 12(1)(c)`),
    'double-criminality': consulted(
      'the conduct is no offence in the enforcing state, and none of Annex IV that carries three years',
      `${EPO} Art. 12(1)(d)`,
    ),
  },
} as const satisfies Readonly<Record<Instrument, Readonly<Record<string, Ground>>>>;

const UNTOC_POSTPONEMENT = {
  'ongoing-proceedings': consulted(
    'it interferes with an ongoing investigation, prosecution or proceeding',
    'UNTOC Art. 18(25)',
  ),
} as const;

/** Grounds of postponement. A European Production Order knows none; neither does information that was not asked for. */
const POSTPONEMENT = {
  eio: {
    'ongoing-proceedings': ground('it might prejudice an ongoing investigation or prosecution', `${EIO} Art. 15(1)(a)`),
    'in-use-elsewhere': ground('the objects, documents or data are used in other proceedings', `${EIO} Art. 15(1)(b)`),
  },
  mla: UNTOC_POSTPONEMENT,
  jit: UNTOC_POSTPONEMENT,
  spontaneous: {},
  epo: {},
} as const satisfies Readonly<Record<Instrument, Readonly<Record<string, Ground>>>>;

const LISTS: Readonly<Record<GroundUse, Readonly<Record<Instrument, Readonly<Record<string, Ground>>>>>> = {
  refusal: REFUSAL,
  postponement: POSTPONEMENT,
};

/** Every name of a ground, of whatever instrument. */
export const GROUND_NAMES: readonly [string, ...string[]] = (() => {
  const [first = '', ...others] = new Set(
    Object.values(LISTS).flatMap((byInstrument) => Object.values(byInstrument).flatMap((list) => Object.keys(list))),
  );
  return [first, ...others];
})();

/** The ground of an instrument; null when it has none of this name for this use. */
export function groundOf(instrument: Instrument, use: GroundUse, name: string): Ground | null {
  const list = LISTS[use][instrument];
  return Object.hasOwn(list, name) ? (list[name] ?? null) : null;
}

/** All that an instrument has. */
export function groundsOf(instrument: Instrument, use: GroundUse): readonly (Ground & { readonly name: string })[] {
  return Object.entries(LISTS[use][instrument]).map(([name, one]) => ({ name, ...one }));
}
