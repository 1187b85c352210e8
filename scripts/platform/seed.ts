import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { type Api, createApi, type Credential, fetchSend } from '#client/api';
import {
  type AgencyKeyBundle,
  agencyPublicKeys,
  createAgencyKeys,
  createKeystore,
  newOfficerKeys,
  type OfficerKeys,
  openAgencyKeys,
  openKeystore,
  wrapAgencyKeys,
} from '#client/keystore';
import { signInWithPassword } from '#client/sign-in';
import { AgencyId, AgreementId, OfficerId } from '#domain/evidence';
import {
  type AgencyKeys,
  certifyOfficer,
  countersignAgreement,
  type GeneralJws,
  publicJwkOf,
  signAgencyStatement,
  signAgreement,
  signerOf,
  verifyAgencyStatement,
} from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import { DEMO_AGENCIES, DEMO_AGREEMENT, DEMO_OFFICERS, type DemoAgency, type DemoOfficer } from './demo-world.js';
import type { Platform } from './launch.js';

const FOREVER = '2036-01-01T00:00:00.000Z';

/** Where the demo keeps an officer's keystore; its passphrase is the demo password. */
export function keystorePath(folder: string, email: string): string {
  return join(folder, 'demo-keys', `${email}.age`);
}

/**
 * Peoples a platform with the demo's agencies, officers, keys, agreement and team, the way people would: through the API, each
 * with their own keys. What is there already is left as it is, so a seed that was killed is finished by the next.
 */
export async function seedDemo(platform: Platform): Promise<void> {
  mkdirSync(join(platform.folder, 'demo-keys'), { recursive: true, mode: 0o700 });
  if (await isPeopled(platform)) return;
  await invite(platform);
  const parties = new Map<string, { bundle: AgencyKeyBundle; keys: AgencyKeys; api: Api }>();
  for (const agency of DEMO_AGENCIES) parties.set(agency.id, await peopleAgency(platform, agency));
  await agree(DEMO_AGREEMENT.parties.map((id) => parties.get(id) ?? failed(id)));
}

/** Whether an earlier seed came to its end: the agreement is its last step. */
async function isPeopled({ database }: Platform): Promise<boolean> {
  const client = new pg.Client({ connectionString: database.workerUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query(`SELECT FROM amana.agreement WHERE id = $1`, [DEMO_AGREEMENT.id]);
    return rowCount === 1;
  } finally {
    await client.end();
  }
}

function failed(what: string): never {
  throw new Error(`the demo has no ${what}`);
}

/** Agencies and officers enter the directory by the platform's invitation: the only part that is not done by themselves. */
async function invite({ database, issuer }: Platform): Promise<void> {
  const client = new pg.Client({ connectionString: database.workerUrl });
  await client.connect();
  try {
    for (const { id, state, name, kind, contact } of DEMO_AGENCIES) {
      await client.query(
        `INSERT INTO amana.agency (id, state, name, kind, contact) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
        [id, state, name, kind, contact],
      );
    }
    for (const { id, agencyId, email, name, roles } of DEMO_OFFICERS) {
      await client.query(
        `INSERT INTO amana.officer (id, agency_id, issuer, subject, email, name, roles) VALUES ($1, $2, $3, $1::uuid::text, $4, $5, $6) ON CONFLICT DO NOTHING`,
        [id, agencyId, issuer, email, name, roles],
      );
    }
  } finally {
    await client.end();
  }
}

async function peopleAgency(
  platform: Platform,
  agency: DemoAgency,
): Promise<{ bundle: AgencyKeyBundle; keys: AgencyKeys; api: Api }> {
  const [admin = failed('administrator'), ...others] = DEMO_OFFICERS.filter(({ agencyId }) => agencyId === agency.id);
  const api = await apiOf(platform, admin);
  const adminKeys = await officerKeys(platform, admin);
  await api.directory.enrolKeys({
    signingKey: publicJwkOf(adminKeys.signingKey),
    recipient: recipientOf(adminKeys.identity),
  });
  const { bundle, keys } = await agencyKeys(platform, api, agency, adminKeys);
  const entitled = [recipientOf(adminKeys.identity)];
  await certify(api, bundle, keys, admin, adminKeys, entitled);
  for (const officer of others) {
    const theirKeys = await officerKeys(platform, officer);
    const theirApi = await apiOf(platform, officer);
    await theirApi.directory.enrolKeys({
      signingKey: publicJwkOf(theirKeys.signingKey),
      recipient: recipientOf(theirKeys.identity),
    });
    entitled.push(recipientOf(theirKeys.identity));
    await certify(api, bundle, keys, officer, theirKeys, entitled);
  }
  return { bundle, keys, api };
}

/** The agency's keys: those it published, opened with its administrator's, or new ones, published. */
async function agencyKeys(
  platform: Platform,
  api: Api,
  agency: DemoAgency,
  admin: OfficerKeys,
): Promise<{ bundle: AgencyKeyBundle; keys: AgencyKeys }> {
  const agencyId = AgencyId.parse(agency.id);
  const { statement } = await api.directory.agency(agencyId);
  if (statement) {
    const { wrappedKeys } = await api.directory.agencyKeys();
    const bundle = await openAgencyKeys(Buffer.from(wrappedKeys, 'base64'), admin.identity);
    const { schema: _, predecessor: __, ...keys } = (await verifyAgencyStatement(statement)).statement;
    return { bundle, keys };
  }
  const recovery = newIdentity();
  writePrivately(join(platform.folder, 'demo-keys', `${agency.id}.recovery.txt`), `${recovery}\n`);
  const bundle = await createAgencyKeys(agencyId, 1);
  const keys = agencyPublicKeys(bundle, {
    state: agency.state,
    name: agency.name,
    recoveryRecipient: recipientOf(recovery),
  });
  const wrapped = await wrapAgencyKeys(bundle, {
    officers: [recipientOf(admin.identity)],
    recovery: keys.recoveryRecipient,
  });
  await api.directory.publishAgencyKeys(agencyId, {
    statement: await signAgencyStatement({ ...keys, schema: 'amana-agency/v1' }, await signerOf(bundle.signingKey)),
    wrappedKeys: Buffer.from(wrapped).toString('base64'),
  });
  return { bundle, keys };
}

async function certify(
  api: Api,
  bundle: AgencyKeyBundle,
  keys: AgencyKeys,
  officer: DemoOfficer,
  theirKeys: OfficerKeys,
  entitled: readonly string[],
): Promise<void> {
  const id = OfficerId.parse(officer.id);
  const known = await firstWhere(api.directory.officers(), (one) => one.id === id);
  if (known?.keyState === 'certified') return;
  const certificate = await certifyOfficer(
    {
      schema: 'amana-officer/v1',
      officerId: id,
      agencyId: bundle.agencyId,
      name: officer.name,
      roles: [...officer.roles],
      signingKey: publicJwkOf(theirKeys.signingKey),
      recipient: recipientOf(theirKeys.identity),
      validFrom: new Date(Date.now() - 60_000).toISOString(),
    },
    await signerOf(bundle.signingKey),
  );
  const wrapped = await wrapAgencyKeys(bundle, { officers: entitled, recovery: keys.recoveryRecipient });
  await api.directory.certifyOfficer(id, { certificate, wrappedKeys: Buffer.from(wrapped).toString('base64') });
}

async function agree(parties: readonly { bundle: AgencyKeyBundle; keys: AgencyKeys; api: Api }[]): Promise<void> {
  const [begun = failed('party'), ...others] = parties;
  const agreementId = AgreementId.parse(DEMO_AGREEMENT.id);
  if (await firstWhere(begun.api.directory.agreements(), ({ id }) => id === agreementId)) return;
  let instrument: GeneralJws = await signAgreement(
    {
      schema: 'amana-agreement/v1',
      agreementId,
      title: DEMO_AGREEMENT.title,
      parties: parties.map(({ keys }) => keys),
      teamName: DEMO_AGREEMENT.teamName,
      purposes: [...DEMO_AGREEMENT.purposes],
      clauses: DEMO_AGREEMENT.clauses.map((clause) => ({ ...clause })),
      validFrom: new Date(Date.now() - 60_000).toISOString(),
      validUntil: FOREVER,
    },
    await signerOf(begun.bundle.signingKey),
  );
  for (const { bundle } of others)
    instrument = await countersignAgreement(instrument, await signerOf(bundle.signingKey));
  await begun.api.directory.publishAgreement(instrument);
}

/** The officer's keys, out of their demo keystore, which is made on the way. */
async function officerKeys({ folder, secrets }: Platform, officer: DemoOfficer): Promise<OfficerKeys> {
  const path = keystorePath(folder, officer.email);
  if (existsSync(path)) return openKeystore(readFileSync(path), secrets.demoPassword);
  const keys = await newOfficerKeys();
  writePrivately(path, await createKeystore(keys, secrets.demoPassword));
  return keys;
}

async function apiOf(platform: Platform, officer: DemoOfficer): Promise<Api> {
  const credential = await signInAs(platform, officer.email);
  return createApi({
    ...{ baseUrl: platform.apiUrl, publicUrl: platform.publicUrl, send: fetchSend(fetch) },
    tokens: { current: () => Promise.resolve(credential), renew: () => Promise.resolve(null) },
  });
}

/** What an officer of the demo asks the API with, after a sign-in with the demo password. */
export async function signInAs({ publicUrl, issuer, secrets }: Platform, email: string): Promise<Credential> {
  const { accessToken, key } = await signInWithPassword({
    issuer,
    clientId: 'amana-cli',
    resource: publicUrl,
    redirectUri: 'http://127.0.0.1/callback',
    ...{ email, password: secrets.demoPassword },
  });
  return { accessToken, prove: (request) => key.prove({ ...request, accessToken }) };
}

async function firstWhere<Item>(items: AsyncIterable<Item>, wanted: (item: Item) => boolean): Promise<Item | null> {
  for await (const item of items) if (wanted(item)) return item;
  return null;
}

function writePrivately(path: string, content: string | Uint8Array): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}
