import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { OfficerRole } from '#domain/custody';
import { AgreementId } from '#domain/evidence';
import {
  type Agreement,
  type AgreementWord,
  modelAgreement,
  signAgreementWord,
  signerOf,
  signLaidDown,
} from '#domain/manifest';
import type { TestApi, TestWorld } from './api.js';
import type { Answer, ApiClient } from './api-client.js';
import { seedAgency, seedOfficer, type TestAgency, type TestOfficer } from './directory.js';
import { put } from './new-agency.js';

/** An agency that negotiates: its administrator, and whoever else is asked for. */
export interface Negotiator {
  readonly agency: TestAgency;
  readonly administrator: TestOfficer;
  readonly admin: ApiClient;
  officer(...roles: OfficerRole[]): Promise<{ readonly officer: TestOfficer; readonly client: ApiClient }>;
}

/** Agencies of the states named, each with a certified administrator who is signed in. */
export async function negotiators(world: TestWorld, api: TestApi, states: readonly string[]): Promise<Negotiator[]> {
  const client = new Client({ connectionString: world.database.superuserUrl });
  await client.connect();
  try {
    const made: Negotiator[] = [];
    for (const state of states) {
      const name = `Authority ${state} ${randomUUID().slice(0, 8)}`;
      made.push(await negotiator(world, api, await seedAgency(client, state, name, 'prosecution')));
    }
    return made;
  } finally {
    await client.end();
  }
}

/** The same for an agency that is there. */
export async function negotiator(world: TestWorld, api: TestApi, agency: TestAgency): Promise<Negotiator> {
  const officer = async (...roles: OfficerRole[]) => {
    const client = new Client({ connectionString: world.database.superuserUrl });
    await client.connect();
    try {
      const made = await seedOfficer(client, world.issuer.url, agency, roles);
      return { officer: made, client: await api.as(made) };
    } finally {
      await client.end();
    }
  };
  const { officer: administrator, client: admin } = await officer('agency-admin');
  return { agency, administrator, admin, officer };
}

const DAY_MS = 86_400_000;
export const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

/** A text between parties, out of the model, in force from yesterday on once it is signed. */
export function textBetween(parties: readonly Negotiator[], changes: Partial<Agreement> = {}): Agreement {
  const model = modelAgreement({
    agreementId: AgreementId.parse(randomUUID()),
    parties: parties.map(({ agency }) => agency.keys),
    validFrom: inDays(-1),
    validUntil: inDays(300),
  });
  return { ...model, purposes: ['trial of the smuggling of migrants'], ...changes };
}

export const seen = ({ admin }: Negotiator, id: string): Promise<Answer> => admin.get(`/v1/agreements/${id}`);

export function revise({ admin }: Negotiator, id: string, draft: unknown, headers = {}): Promise<Answer> {
  return put(admin, `/v1/agreements/${id}/draft`, { draft }, `/v1/agreements/${id}`, headers);
}

export function amend({ admin }: Negotiator, id: string, draft: unknown): Promise<Answer> {
  return admin.change(`/v1/agreements/${id}`, `/v1/agreements/${id}/amendments`, { draft });
}

/** A party signs what is on the table, with its own key unless another's is given, over its bytes unless others are. */
export async function sign(
  party: Negotiator,
  id: string,
  { key = party.agency.signingKey, payload }: { key?: TestAgency['signingKey']; payload?: Uint8Array } = {},
): Promise<Answer> {
  const { json } = await seen(party, id);
  const bytes = payload ?? Buffer.from(json.draft.payload as string, 'base64');
  const signature = await signLaidDown(bytes, await signerOf(key));
  return party.admin.change(`/v1/agreements/${id}`, `/v1/agreements/${id}/signatures`, { signature });
}

/** A text that every party has signed. @returns its id and what the last was answered */
export async function agreed(parties: readonly Negotiator[], changes: Partial<Agreement> = {}): Promise<Answer> {
  const [first] = parties;
  const text = textBetween(parties, changes);
  const drafted = await first!.admin.post('/v1/agreements', { draft: text });
  if (drafted.status !== 201)
    throw new Error(`a draft was answered ${drafted.status}: ${JSON.stringify(drafted.json)}`);
  let last = drafted;
  for (const party of parties) {
    last = await sign(party, text.agreementId);
    if (last.status !== 200) throw new Error(`a signature was answered ${last.status}: ${JSON.stringify(last.json)}`);
  }
  return last;
}

/** A party's signed word on what is in force now. */
export async function wordOf(
  party: Negotiator,
  id: string,
  act: AgreementWord['act'],
  changes: Partial<AgreementWord> = {},
  key = party.agency.signingKey,
): Promise<unknown> {
  const { json } = await seen(party, id);
  const mine = json.parties.find(({ agencyId }: { agencyId: string }) => agencyId === party.agency.id);
  return signAgreementWord(
    {
      schema: 'amana-agreement-word/v1',
      agreementId: AgreementId.parse(id),
      agreementSha256: json.payloadSha256,
      agencyId: party.agency.id,
      act,
      reason: 'The prosecutor general so decided',
      at: new Date().toISOString(),
      previous: mine?.wordSha256 ?? null,
      ...changes,
    },
    await signerOf(key),
  );
}

export async function say(
  party: Negotiator,
  id: string,
  act: AgreementWord['act'],
  changes: Partial<AgreementWord> = {},
  key = party.agency.signingKey,
): Promise<Answer> {
  const word = await wordOf(party, id, act, changes, key);
  return party.admin.change(`/v1/agreements/${id}`, `/v1/agreements/${id}/${act}`, { word });
}
