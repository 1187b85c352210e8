import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type OfficerKeys,
  agencyPublicKeys,
  createAgencyKeys,
  createKeystore,
  newOfficerKeys,
  wrapAgencyKeys,
} from '#client/keystore';
import { type Profile, refreshProfile } from '#client/profile';
import { AgencyId, OfficerId } from '#domain/evidence';
import {
  type PrivateJwk,
  certifyOfficer,
  newSigningKey,
  publicJwkOf,
  signAgencyStatement,
  signerOf,
} from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';

export const PASSPHRASE = 'correct horse battery';

/** An officer as a sign-in would have left them: profile, certified keys, keystore, agency keys; and what only a test sees. */
export interface OfficerAtHome {
  readonly profile: Profile;
  readonly keys: OfficerKeys;
  /** `AGE-SECRET-KEY-1…` of the agency. */
  readonly agencyIdentity: string;
}

/** Who signed in, where; all that is not given is made up. */
export interface AtHome {
  readonly email?: string;
  readonly agencyId?: AgencyId;
  readonly officerId?: OfficerId;
  /** The officer's signing key, the agency's, and its age identity. */
  readonly signingKey?: PrivateJwk;
  readonly agencySigningKey?: PrivateJwk;
  readonly agencyIdentity?: string;
  readonly platform?: Partial<Profile['platform']>;
}

const NOBODY_ANSWERS = 'http://127.0.0.1:9';

/** Makes `home` (an `AMANA_HOME`) that of an officer who signed in here, at a platform that does not answer if no other is given. */
export async function officerAtHome(home: string, given: AtHome = {}): Promise<OfficerAtHome> {
  const { email = 'haddad@border.ly.example', platform } = given;
  const agencyId = given.agencyId ?? AgencyId.parse('0a0b9c1e-3f44-4a0e-9d53-7c1a6c1f0001');
  const officerId = given.officerId ?? OfficerId.parse('0a0b9c1e-3f44-4a0e-9d53-7c1a6c1f0002');
  const made = await newOfficerKeys();
  const keys = { ...made, signingKey: given.signingKey ?? made.signingKey };
  const fresh = await createAgencyKeys(agencyId, 1);
  const bundle = {
    ...fresh,
    signingKey: given.agencySigningKey ?? fresh.signingKey,
    identity: given.agencyIdentity ?? fresh.identity,
  };
  const about = { state: 'LY', name: 'Border Investigation Department', recoveryRecipient: recipientOf(newIdentity()) };
  const agencyKeys = agencyPublicKeys(bundle, about);
  const agencySigner = await signerOf(bundle.signingKey);
  const statement = await signAgencyStatement({ schema: 'amana-agency/v1', ...agencyKeys }, agencySigner);
  const signingKey = publicJwkOf(keys.signingKey);
  const recipient = recipientOf(keys.identity);
  const roles = ['investigator' as const];
  const certificate = await certifyOfficer(
    {
      schema: 'amana-officer/v1',
      officerId,
      agencyId,
      name: 'S. Haddad',
      roles,
      signingKey,
      recipient,
      validFrom: '2026-01-01T00:00:00.000Z',
    },
    agencySigner,
  );
  const wrapped = await wrapAgencyKeys(bundle, { officers: [recipient], recovery: about.recoveryRecipient });
  const wrappedKeys = Buffer.from(wrapped).toString('base64');
  const publicUrl = platform?.publicUrl ?? NOBODY_ANSWERS;
  const profile = await refreshProfile(
    {
      api: publicUrl,
      platform: {
        software: 'amana/test',
        publicUrl,
        issuer: `${publicUrl}/issuer`,
        clientIdCli: 'amana-cli',
        logOrigin: null,
        logVerifierKey: null,
        logMlDsaVerifierKey: null,
        sealKey: publicJwkOf(await newSigningKey()),
        ...platform,
      },
      officer: {
        id: officerId,
        agencyId,
        name: 'S. Haddad',
        email,
        roles,
        keyState: 'certified',
        signingKey,
        recipient,
        certificate,
      },
      agency: {
        id: agencyId,
        state: about.state,
        name: about.name,
        kind: 'border',
        contact: 'duty@border.ly.example',
        competences: [],
        contactPoints: [],
        statement,
      },
      teams: [],
      agreements: [],
      agencyKeys: { agencyId, epoch: 1, statement, wrappedKeys },
    },
    null,
  );
  const folder = join(home, 'officers', encodeURIComponent(email));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'profile.json'), JSON.stringify(profile));
  writeFileSync(join(folder, 'keystore.age'), await createKeystore(keys, PASSPHRASE, 10));
  writeFileSync(join(home, 'last-officer'), `${email}\n`);
  return { profile, keys, agencyIdentity: bundle.identity };
}
