import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });

/** The public key that tokens of tests are bound to. */
export const PROOF_JWK = { kty, crv, x, y };

/** What a token says to be bound to it. */
export const CONFIRMATION = {
  jkt: createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url'),
};

/** What a proof says, unless a test has it say something else. */
export interface ProofContent {
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
}

/** A proof by the tests' key, for one request. @param alter what it says otherwise */
export function proofFor(
  { method, url, token, nonce }: { method: string; url: string; token: string; nonce?: string | undefined },
  alter: (content: ProofContent) => ProofContent = (content) => content,
): string {
  const { header, payload } = alter({
    header: { typ: 'dpop+jwt', alg: 'ES256', jwk: PROOF_JWK },
    payload: {
      htm: method,
      htu: url.replace(/[?#].*$/, ''),
      iat: Math.floor(Date.now() / 1000),
      jti: randomUUID(),
      ath: createHash('sha256').update(token).digest('base64url'),
      ...(nonce !== undefined && { nonce }),
    },
  });
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode(header)}.${encode(payload)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** The fields that a request carries whose sender holds the token. @param publicUrl what the API is known as, without the path */
export function signedIn(
  token: string,
  method: string,
  publicUrl: string,
  path: string,
  nonce?: string,
): { authorization: string; dpop: string } {
  return { authorization: `DPoP ${token}`, dpop: proofFor({ method, url: publicUrl + path, token, nonce }) };
}

/** The same, as lines of a request that is written by hand. */
export function signedInLines(...given: Parameters<typeof signedIn>): string[] {
  const { authorization, dpop } = signedIn(...given);
  return [`Authorization: ${authorization}`, `DPoP: ${dpop}`];
}
