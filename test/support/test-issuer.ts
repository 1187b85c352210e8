import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { CONFIRMATION } from './proof.js';

/** An OpenID provider as far as the API has to do with one: discovery, keys, and access tokens that hold. */
export interface TestIssuer {
  readonly url: string;
  /** An RFC 9068 access token of somebody who signed in just now, bound to the key of `proof.ts`. @param altered claims to set or, if undefined, to leave out */
  tokenFor(subject: string, audience: string, altered?: Record<string, unknown>): Promise<string>;
  /** An ID token of somebody whose address the issuer verified, given to a client of ours. @param altered as of `tokenFor` */
  idTokenFor(subject: string, email: string, altered?: Record<string, unknown>): Promise<string>;
  /** A token signed with the issuer's own key over whatever header and payload text, for attacks on who reads it. */
  forge(header: Record<string, unknown>, payload: string): Promise<string>;
  readonly kid: string;
  stop(): Promise<void>;
}

const TOKEN_LIFE_SECONDS = 3600;

/** Issues tokens itself, without a login: the API verifies them the way it verifies those of any provider. */
export async function startTestIssuer(): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const kid = randomUUID();
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' }] };
  const server = createServer((request, response) => {
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: url(), jwks_uri: `${url()}/jwks` },
      '/jwks': keys,
    };
    const document = documents[request.url ?? ''];
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: url(),
    kid,
    async forge(header, payload) {
      const encode = (text: string) => Buffer.from(text).toString('base64url');
      const signed = `${encode(JSON.stringify(header))}.${encode(payload)}`;
      const signature = await crypto.subtle.sign('Ed25519', privateKey, Buffer.from(signed));
      return `${signed}.${Buffer.from(signature).toString('base64url')}`;
    },
    tokenFor(subject, audience, altered = {}) {
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        ...{ iss: url(), sub: subject, aud: audience, client_id: 'amana-cli', jti: randomUUID() },
        ...{ iat: now, exp: now + TOKEN_LIFE_SECONDS, auth_time: now, cnf: CONFIRMATION },
        ...altered,
      };
      return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid }).sign(privateKey);
    },
    idTokenFor(subject, email, altered = {}) {
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        ...{ iss: url(), sub: subject, aud: 'amana-cli', email, email_verified: true },
        ...{ iat: now, exp: now + TOKEN_LIFE_SECONDS, ...altered },
      };
      return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid }).sign(privateKey);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
