import type { AgreementId } from '#domain/evidence';
import type { Agreement } from './agreement.js';

/** What a model begins with: who will be bound, and from when to when. */
export interface ModelOf {
  readonly agreementId: AgreementId;
  readonly parties: Agreement['parties'];
  readonly validFrom: Agreement['validFrom'];
  readonly validUntil: Agreement['validUntil'];
}

/**
 * A first text to negotiate from, in the order of the model agreement on setting up a joint investigation team (Council Resolution
 * 2017/C 18/01) and on the ground of UNTOC Art. 19. What stands in ‹…› is for the parties to say.
 */
export function modelAgreement({ agreementId, parties, validFrom, validUntil }: ModelOf): Agreement {
  return {
    schema: 'amana-agreement/v1',
    agreementId,
    title: 'Agreement on a joint investigation team: ‹operation›',
    basis: 'UNTOC Art. 19; ‹further instruments between the parties›',
    parties: [...parties],
    teamName: '‹operation›',
    purposes: ['‹investigation of … in …›', '‹prosecution of those responsible›'],
    offences: ['‹offence, with the provisions of each party’s law›'],
    validFrom,
    validUntil,
    states: [...new Set(parties.map(({ state }) => state))],
    thirdStates: [],
    leaders: parties.map(({ agencyId, name }) => ({ agencyId, name: `‹leader for ${name}›`, position: '‹position›' })),
    administrators: [],
    members: [],
    participants: [],
    clauses: CLAUSES.map((clause) => ({ ...clause })),
    terms: { ...TERMS },
  };
}

/** Of a model still to be filled in: whether a text has places for the parties to say what. */
export function hasBlanks(text: unknown): boolean {
  return /‹[^›]*›/u.test(JSON.stringify(text));
}

const CLAUSES: readonly Agreement['clauses'][number][] = [
  {
    number: '1',
    subject: 'necessity',
    text: 'Evidence is shared where that is necessary for a purpose of this agreement and proportionate to it; who shares it says why.',
  },
  {
    number: '2',
    subject: 'onward-transfer',
    text: 'What one party gives another is passed on, to whomever, with the prior consent of the party that gave it.',
  },
  {
    number: '3',
    subject: 'retention',
    text: 'What was shared is kept for ‹period› after the last proceedings have ended, and is then erased.',
  },
  {
    number: '4',
    subject: 'third-states',
    text: 'What comes from or goes to a party of a third state is released by an administrator of the team, with reasons, once its necessity has been checked.',
  },
  {
    number: '5',
    subject: 'costs',
    text: 'Each party bears the costs that arise in its state, unless the parties agree otherwise.',
  },
  {
    number: '6',
    subject: 'translation',
    text: 'The working language is ‹language›; each party translates what it needs.',
  },
];

const TERMS: NonNullable<Agreement['terms']> = {
  gatheringOfEvidence:
    'Evidence is gathered in each state under its law, by its own competent authorities, also where members of other parties are present.',
  accessToInformation:
    'Members have access to what was gathered for the team as far as a grant under this agreement carries it, for its purposes alone.',
  exchangeBeforeEstablishment:
    'What a party had gathered before the team was set up may be shared under this agreement as what is gathered after.',
  communication:
    'Leaders consult each other at least every ‹period›, and at once where a measure in one state may affect another.',
  media: 'The parties speak to the media by agreement, through ‹whom›.',
  confidentiality:
    'The existence and the work of the team are confidential unless the parties agree otherwise or law demands it.',
  dataProtection:
    'Personal data are processed under Directive (EU) 2016/680, or the like law of the party, as separate controllers; data subjects may turn to any party.',
  evaluation: 'The leaders evaluate the work of the team within six months of its end.',
};

/** A text that would amend the one in force, to begin from: the same, one version on, naming what it replaces. */
export function amendmentOf(before: Agreement, payloadSha256: string): Agreement {
  return { ...before, version: (before.version ?? 1) + 1, predecessor: payloadSha256 };
}
