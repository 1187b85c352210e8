/** What a request for evidence may rest on, each with a form and rules of its own. */
export const INSTRUMENTS = ['jit', 'eio', 'mla', 'spontaneous', 'epo'] as const;
export type Instrument = (typeof INSTRUMENTS)[number];

interface InstrumentFacts {
  readonly name: string;
  readonly source: string;
  /** Who has the evidence: the authority asked; with spontaneous information the one that writes. */
  readonly suppliedBy: 'asked' | 'asking';
  /** States that it binds; null where adherence is nearly universal and is for the agencies to know. */
  readonly binds: ReadonlySet<string> | null;
}

const UNION = [
  ...['AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IT', 'LT', 'LU', 'LV'],
  ...['MT', 'NL', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK'],
];

export const INSTRUMENT_FACTS: Readonly<Record<Instrument, InstrumentFacts>> = {
  jit: {
    name: 'Request of a joint investigation team’s member',
    source: 'MLA Convention 2000 Art. 13(7); UNTOC Art. 19',
    ...{ suppliedBy: 'asked', binds: null },
  },
  eio: {
    name: 'European Investigation Order',
    source: 'Directive 2014/41/EU',
    suppliedBy: 'asked',
    // Neither Ireland nor Denmark takes part.
    binds: new Set(UNION.filter((state) => state !== 'IE')),
  },
  mla: {
    name: 'Request for mutual legal assistance',
    source: 'UNTOC Art. 18',
    ...{ suppliedBy: 'asked', binds: null },
  },
  spontaneous: {
    name: 'Spontaneous information',
    source: 'UNTOC Art. 18(4)-(5); MLA Convention 2000 Art. 7',
    ...{ suppliedBy: 'asking', binds: null },
  },
  epo: {
    name: 'European Production Order',
    source: 'Regulation (EU) 2023/1543',
    suppliedBy: 'asked',
    // Ireland takes part, Denmark does not.
    binds: new Set(UNION),
  },
};

/** ISO 3166 leaves these codes to their users: states of demonstrations, which are taken to be bound by everything. */
const INVENTED_STATE = /^X[A-Z]$/;

/** Whether an instrument binds both states. */
export function binds(instrument: Instrument, ...states: readonly string[]): boolean {
  const bound = INSTRUMENT_FACTS[instrument].binds;
  return bound === null || states.every((state) => bound.has(state) || INVENTED_STATE.test(state));
}

/** How much the asking authority is pressed for time. An emergency is a danger to life, limb or critical infrastructure. */
export const URGENCIES = ['routine', 'urgent', 'emergency'] as const;
export type Urgency = (typeof URGENCIES)[number];
