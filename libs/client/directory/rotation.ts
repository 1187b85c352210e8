import { base64 } from '@scure/base';
import { type AgencyKeyBundle, agencyPublicKeys, nextAgencyKeys, wrapAgencyKeys } from '#client/keystore';
import type { OfficerView, RotateAgencyKeys } from '#domain/contract';
import {
  type AgencyKeys,
  certifyOfficer,
  signAgencyStatement,
  signAgencySuccession,
  signerOf,
  verifyAgencyStatement,
} from '#domain/manifest';
import { certifiedOfficers, entitledRecipients } from './certified-officers.js';

/** Keys of the next epoch, and what the platform is told of them. */
export interface Rotation {
  readonly bundle: AgencyKeyBundle;
  readonly keys: AgencyKeys;
  readonly body: RotateAgencyKeys;
}

export interface RotationOf {
  /** The agency's statement of the keys in use. */
  readonly statement: unknown;
  readonly bundle: AgencyKeyBundle;
  /** As the platform lists them: those are taken whom the agency's own key certified. */
  readonly officers: readonly OfficerView[];
  /** Of who does this, whether certified or not. */
  readonly own: string;
}

/**
 * Makes keys of the next epoch: the keys in use vouch for them, everybody who is certified is certified anew, and who has left is not among
 * those they are wrapped to. The recovery recipient stays.
 * @throws ManifestError, KeystoreError
 */
export async function rotateAgencyKeys({ statement, bundle, officers, own }: RotationOf, now: Date): Promise<Rotation> {
  const before = await verifyAgencyStatement(statement);
  const { state, name, recoveryRecipient } = before.statement;
  const next = await nextAgencyKeys(bundle);
  const keys = agencyPublicKeys(next, { state, name, recoveryRecipient });
  const signer = await signerOf(next.signingKey);
  const stated = await signAgencyStatement(
    { schema: 'amana-agency/v1', ...keys, predecessor: before.payloadSha256 },
    signer,
  );
  const succession = await signAgencySuccession(
    {
      schema: 'amana-succession/v1',
      agencyId: bundle.agencyId,
      epoch: next.epoch,
      predecessor: before.payloadSha256,
      successor: (await verifyAgencyStatement(stated)).payloadSha256,
      at: now.toISOString(),
    },
    await signerOf(bundle.signingKey),
  );
  const certified = await certifiedOfficers(officers, bundle, now);
  const certificates: RotateAgencyKeys['certificates'] = [];
  for (const certificate of certified) {
    const anew = await certifyOfficer({ ...certificate, validFrom: now.toISOString() }, signer);
    certificates.push({ officerId: certificate.officerId, certificate: anew });
  }
  const entitled = { officers: [own, ...entitledRecipients(certified)], recovery: recoveryRecipient };
  const wrappedKeys = base64.encode(await wrapAgencyKeys(next, entitled));
  return { bundle: next, keys, body: { statement: stated, succession, wrappedKeys, certificates } };
}
