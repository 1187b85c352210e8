import { z } from 'zod';
import { AgencyId, OfficerId } from '#domain/evidence';
import { line, prose } from './text.js';

/** ISO 3166-1 alpha-2. */
const StateCode = z.string().regex(/^[A-Z]{2}$/, 'must be a code of ISO 3166-1, such as LY');

const Leader = z.strictObject({
  agencyId: AgencyId,
  officerId: OfficerId.optional(),
  name: line(),
  position: line().optional(),
});
const Administrator = z.strictObject({ agencyId: AgencyId, officerId: OfficerId, name: line() });
const Member = z.strictObject({ agencyId: AgencyId, name: line(), role: line().optional() });
/** Who takes part without being a party, such as Eurojust or Europol, and what they may do. */
const Participant = z.strictObject({ name: line(), role: line(), arrangements: prose().optional() });

/** What a clause is about, where it is one of those that the platform's own rules look to. */
const CLAUSE_SUBJECTS = ['necessity', 'onward-transfer', 'retention', 'third-states', 'costs', 'translation'] as const;
export const Clause = z.strictObject({
  number: line(50),
  text: prose(),
  subject: z.enum(CLAUSE_SUBJECTS).optional(),
});

/**
 * What a joint investigation team's agreement has beside its parties, purposes and clauses: the fields of the model agreement of
 * Council Resolution 2017/C 18/01, on the ground of UNTOC Art. 19 or Framework Decision 2002/465/JHA. All of it may be left out, so
 * that what was signed without it is what it was.
 */
export const AGREEMENT_TERMS = {
  /** On what ground in law the parties agree. */
  basis: line().optional(),
  offences: z.array(line(500)).max(64).optional(),
  /** Where the team operates. */
  states: z.array(StateCode).max(64).optional(),
  /** Which of the parties' states are third states: what goes to or comes from them waits at the gate (Reg. (EU) 2023/969 Art. 17). */
  thirdStates: z.array(StateCode).max(63).optional(),
  leaders: z.array(Leader).max(64).optional(),
  /** Who administers the team's space, and releases at the gate of third states. */
  administrators: z.array(Administrator).max(64).optional(),
  members: z.array(Member).max(500).optional(),
  participants: z.array(Participant).max(64).optional(),
  terms: z
    .strictObject({
      gatheringOfEvidence: prose(),
      accessToInformation: prose(),
      exchangeBeforeEstablishment: prose(),
      communication: prose(),
      media: prose(),
      confidentiality: prose(),
      dataProtection: prose(),
      evaluation: prose(),
    })
    .partial()
    .optional(),
};

/** What is wrong with people and states that an agreement names: each must be of a party, and said once. */
export function faultsOfTerms({
  parties,
  thirdStates = [],
  states = [],
  leaders = [],
  administrators = [],
  members = [],
}: {
  readonly parties: readonly { readonly agencyId: AgencyId; readonly state: string }[];
  readonly thirdStates?: readonly string[] | undefined;
  readonly states?: readonly string[] | undefined;
  readonly leaders?: readonly { readonly agencyId: AgencyId }[] | undefined;
  readonly administrators?: readonly { readonly agencyId: AgencyId; readonly officerId: OfficerId }[] | undefined;
  readonly members?: readonly { readonly agencyId: AgencyId }[] | undefined;
}): { readonly path: string; readonly message: string }[] {
  const faults: { path: string; message: string }[] = [];
  const agencies = new Set(parties.map(({ agencyId }) => agencyId));
  const named = Object.entries({ leaders, administrators, members });
  for (const [path, people] of named)
    if (people.some(({ agencyId }) => !agencies.has(agencyId)))
      faults.push({ path, message: 'must be of agencies that are parties' });
  const twice = Object.entries({
    thirdStates,
    states,
    administrators: administrators.map(({ officerId }) => officerId),
  });
  for (const [path, values] of twice)
    if (new Set(values).size < values.length) faults.push({ path, message: 'must not have one twice' });
  if (thirdStates.some((third) => parties.every(({ state }) => state !== third)))
    faults.push({ path: 'thirdStates', message: 'must be states of parties' });
  if (parties.every(({ state }) => thirdStates.includes(state)))
    faults.push({ path: 'thirdStates', message: 'must leave a party that is no third state' });
  return faults;
}
