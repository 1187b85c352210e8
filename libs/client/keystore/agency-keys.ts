import { z } from 'zod';
import { AgencyId } from '#domain/evidence';
import { AgencyKeys, PrivateJwk, canonicalJson, newSigningKey, publicJwkOf } from '#domain/manifest';
import { newIdentity, parseIdentity, recipientOf } from '#domain/sealing';
import { decryptAgeFile, encryptTo } from './age-file.js';
import { KeystoreError } from './keystore-error.js';
import { OfficerKeys, parseKeys } from './officer-keystore.js';

/** An agency's private keys of one epoch. Officers entitled to them hold them encrypted; nobody else does. */
export const AgencyKeyBundle = z.strictObject({
  schema: z.literal('amana-agency-keys/v1'),
  agencyId: AgencyId,
  epoch: z.int().min(1),
  signingKey: PrivateJwk,
  identity: OfficerKeys.shape.identity,
  /** Of the epochs before, the last first: what is still wrapped to them opens with these. To sign with there is none of them. */
  earlier: z
    .array(z.strictObject({ epoch: z.int().min(1), identity: OfficerKeys.shape.identity }))
    .max(1000)
    .exactOptional(),
});
export type AgencyKeyBundle = z.infer<typeof AgencyKeyBundle>;

/** Who may open an agency's keys. */
export interface Entitled {
  /** `age1…` of the officers entitled, as their agency certified them. */
  readonly officers: readonly string[];
  /** `age1…` whose identity is kept offline, for when no officer is left. */
  readonly recovery: string;
}

/** New keys for an agency. @param epoch 1 at first, one more at each change */
export async function createAgencyKeys(agencyId: AgencyId, epoch: number): Promise<AgencyKeyBundle> {
  const [signingKey, identity] = [await newSigningKey(), newIdentity()];
  return AgencyKeyBundle.parse({ schema: 'amana-agency-keys/v1', agencyId, epoch, signingKey, identity });
}

/** Keys of the next epoch. With those who have them stays what opens what was wrapped before; the key to sign with before is gone. */
export async function nextAgencyKeys({
  agencyId,
  epoch,
  identity,
  earlier = [],
}: AgencyKeyBundle): Promise<AgencyKeyBundle> {
  const next = await createAgencyKeys(agencyId, epoch + 1);
  return AgencyKeyBundle.parse({ ...next, earlier: [{ epoch, identity }, ...earlier] });
}

/** Everything that an agency opens with, the identity in use first. */
export function identitiesOf({ identity, earlier = [] }: AgencyKeyBundle): readonly string[] {
  return [identity, ...earlier.map((one) => one.identity)];
}

/** The public halves, as an agency states them and an agreement lists them. */
export function agencyPublicKeys(
  { agencyId, epoch, signingKey, identity }: AgencyKeyBundle,
  about: { readonly state: string; readonly name: string; readonly recoveryRecipient: string },
): AgencyKeys {
  const recipient = recipientOf(identity);
  return AgencyKeys.parse({ agencyId, epoch, signingKey: publicJwkOf(signingKey), recipient, ...about });
}

/** Encrypts an agency's keys, as an age file, to those entitled. @throws KeystoreError 'bad-recipient' */
export async function wrapAgencyKeys(keys: AgencyKeyBundle, { officers, recovery }: Entitled): Promise<Uint8Array> {
  if (officers.length === 0) throw new KeystoreError('bad-recipient', 'no officer would be able to open the keys');
  return encryptTo([...new Set([...officers, recovery])], canonicalJson(AgencyKeyBundle.parse(keys)));
}

/**
 * Opens an agency's keys.
 *
 * @param identity of an officer entitled, or the recovery identity
 * @throws KeystoreError 'not-entitled', 'corrupt'; SealingError 'bad-identity'
 */
export async function openAgencyKeys(wrapped: Uint8Array, identity: string): Promise<AgencyKeyBundle> {
  parseIdentity(identity);
  const plaintext = await decryptAgeFile(wrapped, (decrypter) => decrypter.addIdentity(identity));
  if (plaintext === null) throw new KeystoreError('not-entitled', 'the agency keys are not encrypted to this officer');
  return parseKeys(AgencyKeyBundle, plaintext);
}
