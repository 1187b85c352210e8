import type { OfficerRole } from '#domain/custody';

/** A demo agency of a state that does not exist: ISO 3166 leaves XA to XZ to whoever needs them. */
export interface DemoAgency {
  readonly id: string;
  readonly state: string;
  readonly name: string;
  readonly kind: 'border' | 'investigation' | 'prosecution' | 'court' | 'oversight';
  readonly contact: string;
}

export interface DemoOfficer {
  readonly id: string;
  readonly agencyId: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly OfficerRole[];
}

const BORDER = '0a000000-0000-4000-8000-000000000001';
const PROSECUTION = '0a000000-0000-4000-8000-000000000002';
const OVERSIGHT = '0a000000-0000-4000-8000-000000000003';

export const DEMO_AGENCIES: readonly DemoAgency[] = [
  { id: BORDER, state: 'XA', name: 'Arcadia Border Guard', kind: 'border', contact: 'duty@border.arcadia.example' },
  {
    id: PROSECUTION,
    state: 'XB',
    name: 'Borealia Prosecution Service',
    kind: 'prosecution',
    contact: 'desk@prosecution.borealia.example',
  },
  {
    id: OVERSIGHT,
    state: 'XA',
    name: 'Arcadia Oversight Authority',
    kind: 'oversight',
    contact: 'office@oversight.arcadia.example',
  },
];

/** The first administrator of each agency comes first: who makes its keys and certifies the others. */
export const DEMO_OFFICERS: readonly DemoOfficer[] = [
  {
    id: '0f000000-0000-4000-8000-000000000001',
    agencyId: BORDER,
    email: 'ada@border.arcadia.example',
    name: 'Ada Marino',
    roles: ['agency-admin'],
  },
  {
    id: '0f000000-0000-4000-8000-000000000002',
    agencyId: BORDER,
    email: 'amal@border.arcadia.example',
    name: 'Amal Haddad',
    roles: ['investigator'],
  },
  {
    id: '0f000000-0000-4000-8000-000000000003',
    agencyId: BORDER,
    email: 'bruno@border.arcadia.example',
    name: 'Bruno Costa',
    roles: ['approver', 'investigator'],
  },
  {
    id: '0f000000-0000-4000-8000-000000000004',
    agencyId: PROSECUTION,
    email: 'paul@prosecution.borealia.example',
    name: 'Paul Lindqvist',
    roles: ['agency-admin', 'approver'],
  },
  {
    id: '0f000000-0000-4000-8000-000000000005',
    agencyId: PROSECUTION,
    email: 'petra@prosecution.borealia.example',
    name: 'Petra Novak',
    roles: ['prosecutor'],
  },
  {
    id: '0f000000-0000-4000-8000-000000000006',
    agencyId: OVERSIGHT,
    email: 'omar@oversight.arcadia.example',
    name: 'Omar Benali',
    roles: ['agency-admin', 'auditor'],
  },
];

export const DEMO_AGREEMENT = {
  id: '0e000000-0000-4000-8000-000000000001',
  title: 'Joint investigation team "Safe Passage" between Arcadia and Borealia',
  teamName: 'JIT Safe Passage',
  parties: [BORDER, PROSECUTION],
  purposes: ['investigation and prosecution of the smuggling of migrants'],
  clauses: [
    {
      number: '4',
      text: 'Evidence is shared where it is necessary for and proportionate to the purposes of the team.',
    },
    { number: '6', text: 'Onward transfer needs the written consent of the agency the evidence came from.' },
    { number: '9', text: 'What was received is erased when the purpose has ended, at the latest after ten years.' },
  ],
} as const;
