import { randomUUID } from 'node:crypto';
import {
  type AgencyKeyBundle,
  agencyPublicKeys,
  createAgencyKeys,
  newOfficerKeys,
  type OfficerKeys,
  wrapAgencyKeys,
} from '#client/keystore';
import type { OfficerRole } from '#domain/custody';
import { AgencyId, OfficerId } from '#domain/evidence';
import {
  type AgencyKeys,
  certifyOfficer,
  type GeneralJws,
  publicJwkOf,
  signAgencyStatement,
  signerOf,
} from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import type { ApiInTest } from './api-in-test.js';
import { type Answer, ApiClient } from './api-client.js';

export const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** An agency as it enters the directory: invited, with an administrator and an investigator, and no keys. */
export interface NewAgency {
  readonly id: AgencyId;
  readonly name: string;
  readonly admin: ApiClient;
  readonly adminId: OfficerId;
  readonly adminKeys: OfficerKeys;
  readonly investigator: ApiClient;
  readonly investigatorId: OfficerId;
}

export async function invite({ world, api }: ApiInTest, state: string): Promise<NewAgency> {
  const id = AgencyId.parse(randomUUID());
  const name = `Agency ${id.slice(0, 8)}`;
  await world.query(`INSERT INTO amana.agency (id, state, name, kind, contact) VALUES ($1, $2, $3, 'border', 'desk')`, [
    id,
    state,
    name,
  ]);
  const officer = async (role: OfficerRole): Promise<[OfficerId, ApiClient]> => {
    const officerId = OfficerId.parse(randomUUID());
    await world.query(
      `INSERT INTO amana.officer (id, agency_id, issuer, subject, email, name, roles) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [officerId, id, world.issuer.url, officerId, `${officerId}@example.org`, `The ${role}`, [role]],
    );
    const token = await world.issuer.tokenFor(officerId, world.environment.AMANA_PUBLIC_URL ?? '');
    return [officerId, new ApiClient(api.baseUrl, token)];
  };
  const [adminId, admin] = await officer('agency-admin');
  const [investigatorId, investigator] = await officer('investigator');
  return { id, name, admin, adminId, adminKeys: await newOfficerKeys(), investigator, investigatorId };
}

export const enrolment = (keys: OfficerKeys) => ({
  signingKey: publicJwkOf(keys.signingKey),
  recipient: recipientOf(keys.identity),
});

/** A change by PUT that rests on what its sender saw at `seenAt`. */
export async function put(
  client: ApiClient,
  path: string,
  body: unknown,
  seenAt: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const seen = await client.get(seenAt);
  return client.send('PUT', path, JSON.stringify(body), {
    'content-type': 'application/json',
    'if-match': seen.headers.get('etag') ?? '"none"',
    ...headers,
  });
}

/** Enrols keys as the officer that they are of. */
export function enrol(client: ApiClient, officerId: OfficerId, body: unknown): Promise<Answer> {
  return put(client, '/v1/officers/me/keys', body, `/v1/officers/${officerId}`);
}

/** Hands in a certificate of an officer as they are now. */
export async function certify(
  client: ApiClient,
  officerId: OfficerId,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const seen = await client.get(`/v1/officers/${officerId}`);
  return client.post(`/v1/officers/${officerId}/certificate`, body, {
    'if-match': seen.headers.get('etag') ?? '"none"',
    ...headers,
  });
}

export async function publishKeys(
  agency: NewAgency,
  state: string,
): Promise<{ bundle: AgencyKeyBundle; keys: AgencyKeys; statement: GeneralJws; status: number }> {
  const bundle = await createAgencyKeys(agency.id, 1);
  const keys = agencyPublicKeys(bundle, { state, name: agency.name, recoveryRecipient: recipientOf(newIdentity()) });
  const statement = await signAgencyStatement(
    { schema: 'amana-agency/v1', ...keys },
    await signerOf(bundle.signingKey),
  );
  const wrapped = await wrapAgencyKeys(bundle, {
    officers: [recipientOf(agency.adminKeys.identity)],
    recovery: keys.recoveryRecipient,
  });
  const body = { statement, wrappedKeys: base64(wrapped) };
  const path = `/v1/agencies/${agency.id}`;
  const { status } = await put(agency.admin, `${path}/keys`, body, path);
  return { bundle, keys, statement, status };
}

export async function certificateFor(
  agency: NewAgency,
  bundle: AgencyKeyBundle,
  officerId: OfficerId,
  keys: OfficerKeys,
  roles: OfficerRole[],
): Promise<GeneralJws> {
  return certifyOfficer(
    {
      schema: 'amana-officer/v1',
      officerId,
      agencyId: agency.id,
      name: 'An officer',
      roles,
      ...enrolment(keys),
      validFrom: '2026-01-01T00:00:00.000Z',
    },
    await signerOf(bundle.signingKey),
  );
}
