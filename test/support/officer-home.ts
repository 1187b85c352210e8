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
import { certifyOfficer, newSigningKey, publicJwkOf, signAgencyStatement, signerOf } from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';

export const PASSPHRASE = 'correct horse battery';

/** An officer as a sign-in would have left them: profile, certified keys, keystore, agency keys; and what only a test sees. */
export interface OfficerAtHome {
  readonly profile: Profile;
  readonly keys: OfficerKeys;
  /** `AGE-SECRET-KEY-1…` of the agency. */
  readonly agencyIdentity: string;
}

/** Makes `home` (an `AMANA_HOME`) that of an officer who signed in here, at a platform that does not answer. */
export async function officerAtHome(home: string, email = 'haddad@border.ly.example'): Promise<OfficerAtHome> {
  const agencyId = AgencyId.parse('0a0b9c1e-3f44-4a0e-9d53-7c1a6c1f0001');
  const officerId = OfficerId.parse('0a0b9c1e-3f44-4a0e-9d53-7c1a6c1f0002');
  const keys = await newOfficerKeys();
  const bundle = await createAgencyKeys(agencyId, 1);
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
  const profile = await refreshProfile(
    {
      api: 'http://127.0.0.1:9',
      platform: {
        software: 'amana/test',
        publicUrl: 'http://127.0.0.1:9',
        issuer: 'http://127.0.0.1:9/issuer',
        clientIdCli: 'amana-cli',
        logOrigin: null,
        logVerifierKey: null,
        sealKey: publicJwkOf(await newSigningKey()),
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
