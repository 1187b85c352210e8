import type { TeamId } from '#domain/evidence';
import type { RequestForm } from './form.js';
import type { Authority } from './form-parts.js';
import type { Instrument } from './instruments.js';

const AUTHORITY: Authority = {
  kind: 'public-prosecutor',
  name: 'Public Prosecutor’s Office, Port District',
  official: 'Leila Haddad',
  function: 'Deputy Public Prosecutor',
  fileNumber: 'PP-2026-0412',
  telephone: '+218 21 555 0142',
  email: 'haddad@prosecution.example',
  languages: ['ar', 'en'],
};
const COURT: Authority = { ...AUTHORITY, kind: 'judge', name: 'District Court, Port District', function: 'Judge' };

const OFFENCES = [
  {
    description: 'Smuggling of migrants by sea, endangering their lives',
    provision: 'Penal Code, section 214',
    maximumYears: 12,
    listed: 'facilitation-of-unauthorised-entry' as const,
  },
];
const PERSONS = [{ kind: 'natural' as const, pseudonym: 'S-1', alias: '“Captain”', position: 'suspect' as const }];
const EVIDENCE = [
  {
    kind: 'forensic-image' as const,
    description: 'Image of the telephone seized from the master of the vessel on 3 November 2026',
    location: 'Evidence room of the agency asked',
  },
];
const COMMON = { reference: 'PP-2026-0412', language: 'en', urgency: 'routine' as const };
const FACTS =
  'On 2 November 2026 a vessel with 61 people was found adrift. Its master organised the crossing by telephone.';

const EXAMPLES: { readonly [One in Instrument]: Extract<RequestForm, { instrument: One }> } = {
  jit: {
    instrument: 'jit',
    ...COMMON,
    teamId: '00000000-0000-4000-8000-000000000001' as TeamId,
    clause: '4',
    requesting: AUTHORITY,
    capacity: 'member',
    measures: 'Share the image of the seized telephone with the team.',
    evidence: EVIDENCE,
    persons: PERSONS,
    purpose: 'Trial of the organisers of the crossing',
    necessity: 'The telephone alone shows who organised the crossing.',
  },
  eio: {
    instrument: 'eio',
    ...COMMON,
    measures: [
      { measure: 'obtaining-existing-information', description: 'Transfer of the image of a seized telephone.' },
    ],
    evidence: EVIDENCE,
    persons: PERSONS,
    proceedings: 'criminal',
    facts: FACTS,
    stage: 'investigation',
    offences: OFFENCES,
    necessity: 'The telephone alone shows who organised the crossing; no milder measure would.',
    domesticBasis: 'Code of Criminal Procedure, section 94',
    requirements: [],
    issuing: AUTHORITY,
  },
  mla: {
    instrument: 'mla',
    ...COMMON,
    requesting: AUTHORITY,
    subject: 'Smuggling of migrants by sea',
    nature: 'investigation',
    conductedBy: AUTHORITY.name,
    offences: OFFENCES,
    facts: FACTS,
    assistance: 'Transfer of the image of a seized telephone, with the record of its custody.',
    evidence: EVIDENCE,
    persons: PERSONS,
    purpose: 'Trial of the organisers of the crossing',
    confidential: true,
  },
  spontaneous: {
    instrument: 'spontaneous',
    ...COMMON,
    informing: AUTHORITY,
    information: FACTS,
    relevance: 'The telephone holds calls with a person who is prosecuted in the state informed.',
    offences: OFFENCES,
    evidence: EVIDENCE,
    persons: PERSONS,
    confidential: true,
    conditions: 'For the trial of the organisers alone.',
  },
  epo: {
    instrument: 'epo',
    ...COMMON,
    issuing: COURT,
    addressee: 'Example Messenger Ltd, legal representative',
    identifier: 'account +218 91 555 0199',
    persons: PERSONS,
    dataCategory: 'traffic',
    data: 'Calls and messages of the account, without their content.',
    from: '2026-10-01T00:00:00.000Z',
    until: '2026-11-03T00:00:00.000Z',
    offences: OFFENCES,
    necessity: 'The traffic data alone show with whom the crossing was organised.',
    facts: FACTS,
    notified: true,
  },
};

/** A form of an instrument as it might be sent, to begin one's own with. */
export function exampleForm<One extends Instrument>(instrument: One): Extract<RequestForm, { instrument: One }> {
  return EXAMPLES[instrument];
}
