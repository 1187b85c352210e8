import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import {
  type AgencyKeyBundle,
  agencyPublicKeys,
  createAgencyKeys,
  newOfficerKeys,
  type OfficerKeys,
  wrapAgencyKeys,
} from '#client/keystore';
import type { OfficerRole } from '#domain/custody';
import { OfficerId } from '#domain/evidence';
import { type AgencyKeys, certifyOfficer, type GeneralJws, signAgencyStatement, signerOf } from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import type { TestWorld } from './api.js';
import type { ApiInTest } from './api-in-test.js';
import { type Answer, ApiClient } from './api-client.js';
import { seedAgency, seedOfficer } from './directory.js';
import { base64, certify, enrol, enrolment } from './new-agency.js';

/** Whom an issuer knows: a client of theirs, and the ID token of the same sign-in. */
export interface TestPerson {
  readonly subject: string;
  readonly email: string;
  readonly client: ApiClient;
  idToken(altered?: Record<string, unknown>): Promise<string>;
}

export async function personOf({ world, api }: ApiInTest, email = `${randomUUID()}@example.org`): Promise<TestPerson> {
  const subject = randomUUID();
  const token = await world.issuer.tokenFor(subject, world.environment.AMANA_PUBLIC_URL ?? '');
  const idToken = (altered = {}) => world.issuer.idTokenFor(subject, email, altered);
  return { subject, email, client: new ApiClient(api.baseUrl, token), idToken };
}

/** Who may invite agencies of a state: the administrator of its oversight. */
export async function inviterOf({ world, api }: ApiInTest, state: string): Promise<ApiClient> {
  return inDatabase(world, async (client) => {
    const oversight = await seedAgency(client, state, `Oversight of ${state} ${randomUUID()}`, 'oversight');
    return api.as(await seedOfficer(client, world.issuer.url, oversight, ['agency-admin']));
  });
}

async function inDatabase<T>(world: TestWorld, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: world.database.superuserUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A token and what the platform is told of it. */
export function newToken(): { token: string; tokenSha256: string } {
  const bytes = randomBytes(32);
  return { token: bytes.toString('base64url'), tokenSha256: createHash('sha256').update(bytes).digest('hex') };
}

/** An invitation as the contract has it. */
export const invitationFor = (email: string, tokenSha256: string, said: Record<string, unknown> = {}) => ({
  ...{
    tokenSha256,
    state: 'GR',
    name: `Agency ${randomUUID()}`,
    kind: 'border',
    competences: ['border-control'],
    email,
  },
  expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  ...said,
});

export interface Invited {
  readonly agencyId: AgencyKeys['agencyId'];
  readonly officerId: string;
  readonly state: string;
  readonly name: string;
}

/** What an invited administrator completes an invitation with. */
export async function acceptanceOf(token: string, invited: Invited, idToken: string) {
  const keys = await newOfficerKeys();
  const bundle = await createAgencyKeys(invited.agencyId, 1);
  const { state, name } = invited;
  const publicKeys = agencyPublicKeys(bundle, { state, name, recoveryRecipient: recipientOf(newIdentity()) });
  const signer = await signerOf(bundle.signingKey);
  const certificate = await certifyOfficer(
    {
      ...{ schema: 'amana-officer/v1', officerId: OfficerId.parse(invited.officerId), agencyId: invited.agencyId },
      ...{
        name: 'The first administrator',
        roles: ['agency-admin'],
        validFrom: new Date(Date.now() - 1000).toISOString(),
      },
      ...enrolment(keys),
    },
    signer,
  );
  const wrapped = await wrapAgencyKeys(bundle, {
    officers: [recipientOf(keys.identity)],
    recovery: publicKeys.recoveryRecipient,
  });
  const body = {
    ...{ token, idToken, administrator: 'The first administrator', certificate },
    statement: await signAgencyStatement({ schema: 'amana-agency/v1', ...publicKeys }, signer),
    wrappedKeys: base64(wrapped),
    keys: enrolment(keys),
  };
  return { body, keys, bundle, publicKeys };
}

/** An agency that came in by an invitation, and its administrator. */
export interface OnboardedAgency {
  readonly id: AgencyKeys['agencyId'];
  readonly admin: TestPerson;
  readonly adminId: string;
  readonly adminKeys: OfficerKeys;
  readonly bundle: AgencyKeyBundle;
  readonly publicKeys: AgencyKeys;
}

export async function onboard(
  given: ApiInTest,
  inviter: ApiClient,
  said: Record<string, unknown> = {},
): Promise<OnboardedAgency> {
  const admin = await personOf(given);
  const { token, tokenSha256 } = newToken();
  mustBe(201, await inviter.post('/v1/invitations', invitationFor(admin.email, tokenSha256, said)));
  const invited = mustBe(200, await admin.client.post('/v1/invitations/inspection', { token })).json as Invited;
  const { body, keys, bundle, publicKeys } = await acceptanceOf(token, invited, await admin.idToken());
  mustBe(201, await admin.client.post('/v1/invitations/acceptance', body));
  return { id: invited.agencyId, admin, adminId: invited.officerId, adminKeys: keys, bundle, publicKeys };
}

export interface OnboardedOfficer {
  readonly id: OfficerId;
  readonly person: TestPerson;
  readonly keys: OfficerKeys;
}

/** Adds an officer by address, who signs in, enrols, and is certified, the agency's keys wrapped to them too. */
export async function join(
  given: ApiInTest,
  { id: agencyId, admin, adminKeys, publicKeys }: OnboardedAgency,
  roles: OfficerRole[],
  bundle: AgencyKeyBundle,
  others: readonly OfficerKeys[] = [],
): Promise<OnboardedOfficer> {
  const person = await personOf(given);
  const [id, keys] = [OfficerId.parse(randomUUID()), await newOfficerKeys()];
  mustBe(201, await admin.client.post('/v1/officers', { id, name: 'S. Haddad', email: person.email, roles }));
  mustBe(200, await person.client.post('/v1/officers/binding', { idToken: await person.idToken() }));
  mustBe(200, await enrol(person.client, id, enrolment(keys)));
  const certificate: GeneralJws = await certifyOfficer(
    {
      ...{ schema: 'amana-officer/v1', officerId: id, agencyId, name: 'S. Haddad', roles, ...enrolment(keys) },
      validFrom: new Date(Date.now() - 1000).toISOString(),
    },
    await signerOf(bundle.signingKey),
  );
  const wrapped = await wrapAgencyKeys(bundle, {
    officers: [adminKeys, keys, ...others].map(({ identity }) => recipientOf(identity)),
    recovery: publicKeys.recoveryRecipient,
  });
  mustBe(200, await certify(admin.client, id, { certificate, wrappedKeys: base64(wrapped) }));
  return { id, person, keys };
}

export function mustBe(status: number, answer: Answer): Answer {
  if (answer.status !== status) throw new Error(`the API answered ${answer.status}: ${JSON.stringify(answer.json)}`);
  return answer;
}
