import type { ClientMetadata } from 'oidc-provider';

/** For a terminal whose machine has no browser. RFC 8628 §3.4. */
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * The two programs that sign people in, both ours, neither able to keep a secret, so that what they get is bound to a key of each sign-in.
 * The platform is told of sessions that end. RFC 8252, RFC 9700 §2.1, RFC 9449.
 */
export function clients(publicUrl: string): ClientMetadata[] {
  const shared = {
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    id_token_signed_response_alg: 'ES256',
    dpop_bound_access_tokens: true,
    backchannel_logout_uri: `${publicUrl}/v1/backchannel-logout`,
    backchannel_logout_session_required: true,
  } satisfies Partial<ClientMetadata>;
  return [
    {
      ...shared,
      client_id: 'amana-cli',
      client_name: 'Amana on the command line',
      grant_types: [...shared.grant_types, DEVICE_GRANT],
      application_type: 'native',
      // Any port: the program listens on a free one. RFC 8252 §7.3.
      redirect_uris: ['http://127.0.0.1/callback'],
    },
    {
      ...shared,
      client_id: 'amana-portal',
      client_name: 'Amana portal',
      application_type: 'web',
      redirect_uris: [`${publicUrl}/signed-in`],
      post_logout_redirect_uris: [`${publicUrl}/`],
    },
  ];
}
