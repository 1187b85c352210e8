import type { Api, Retrieval } from '#client/api';
import { type Profile, ProfileError } from '#client/profile';
import { readManifest } from '#domain/manifest';

/**
 * The agency's certificate of the officer who signed a manifest. Wherever it comes from, it is believed only as far as it is signed by
 * an agency whose keys are known.
 *
 * @param given what the platform gave along with the retrieval, for signers of other agencies
 * @throws ProfileError 'unknown-signer' when there is none to be had
 */
export async function signerCertificate(
  api: Api,
  { agency }: Profile,
  { manifest, signerCertificate: given }: Retrieval,
): Promise<unknown> {
  if (given !== undefined && given !== null) return given;
  const { officerId, agencyId } = readManifest(manifest).statement;
  if (agencyId === agency.id) {
    for await (const officer of api.directory.officers()) {
      if (officer.id === officerId && officer.certificate !== null) return officer.certificate;
    }
  }
  throw new ProfileError(
    'unknown-signer',
    `no certificate of the officer ${officerId}, who signed the manifest, is to be had`,
  );
}
