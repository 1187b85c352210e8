import * as oidc from 'openid-client';
import { SCOPE, type SignInClient, type Tokens, asked, discover, tokensOf } from './issuer.js';
import type { ProofKey } from './proof-key.js';
import { SignInError } from './sign-in-error.js';

/** What a person needs, in a browser on any machine, to sign in here. */
export interface DeviceCode {
  readonly address: string;
  readonly code: string;
}

/**
 * Signs in a terminal from a browser elsewhere: shows an address and a code, and asks the issuer every few seconds, as it says how often,
 * whether somebody has signed in there. What comes of it is bound to the key. RFC 8628.
 * @param needed of the sign-in; as of `startSignIn`
 * @throws SignInError 'refused' when the issuer has no such way, the person said no, or the code expired
 */
export async function signInOnDevice(
  client: SignInClient,
  key: ProofKey,
  needed: { readonly maxAgeSeconds?: number; readonly acrValues?: string } | undefined,
  show: (code: DeviceCode) => void,
): Promise<Tokens> {
  const configuration = await discover(client);
  if (configuration.serverMetadata().device_authorization_endpoint === undefined)
    throw new SignInError('refused', `sign-in: ${client.issuer} has no sign-in by code (device flow)`);
  const { maxAgeSeconds, acrValues } = needed ?? {};
  return asked(async () => {
    const begun = await oidc.initiateDeviceAuthorization(configuration, {
      scope: SCOPE,
      resource: client.resource,
      ...(maxAgeSeconds !== undefined && { max_age: String(maxAgeSeconds) }),
      ...(acrValues !== undefined && { acr_values: acrValues }),
    });
    show({ address: begun.verification_uri, code: begun.user_code });
    const bound = { DPoP: oidc.getDPoPHandle(configuration, key.pair) };
    const { resource } = client;
    return tokensOf(await oidc.pollDeviceAuthorizationGrant(configuration, begun, { resource }, bound), key);
  });
}
