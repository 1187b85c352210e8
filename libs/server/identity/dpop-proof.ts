import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { parseStrictJws, type StrictJws } from './strict-jws.js';
import { TokenError } from './token-error.js';

/** How far the clock of who makes a proof may be from ours, in milliseconds. */
export const PROOF_WINDOW_MS = 60_000;
/** As WWW-Authenticate names them. */
export const PROOF_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519'] as const;
const MOST_CHARACTERS = 4_096;

/** What a proof has to be for. */
export interface ProvedCall {
  readonly method: string;
  /** The address that was asked for, as the public knows it. */
  readonly url: string;
  readonly accessToken: string;
  /** What the token is bound to. RFC 7638 thumbprint. */
  readonly jkt: string;
}

/** A proof that holds; whether it was used before is still to be seen. */
export interface HoldingProof {
  /** The same for the same jti of the same key, 32 bytes. */
  readonly id: Buffer;
  readonly nonce: string | null;
}

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be 32 bytes');
/** Said of a key by those who make them; nothing rests on it. */
const aside = { alg: z.string(), use: z.string(), kid: z.string(), key_ops: z.array(z.string()), ext: z.boolean() };
const more = z.object(aside).partial().shape;
/** Public keys alone: a private member is refused like any other that is not known. */
const ProofJwk = z.discriminatedUnion('kty', [
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate, ...more }),
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: coordinate, ...more }),
]);
type ProofJwk = z.infer<typeof ProofJwk>;
const Header = z.strictObject({ typ: z.literal('dpop+jwt'), alg: z.enum(PROOF_ALGORITHMS), jwk: ProofJwk });
const Payload = z.looseObject({
  htm: z.string(),
  htu: z.string().max(2_048),
  iat: z.number(),
  jti: z.string().min(1).max(256),
  ath: z.string(),
  nonce: z.string().max(256).optional(),
});

/**
 * That who sends a token holds the key it is bound to, for this one request. RFC 9449 §4.3.
 *
 * @throws TokenError 'invalid_dpop_proof'
 */
export function verifyProof(proof: string, call: ProvedCall, now: Date): HoldingProof {
  const { jws, header, payload } = parseProof(proof);
  if (header.jwk.kty === 'EC' ? header.alg !== 'ES256' : header.alg === 'ES256')
    refuse('the proof has an algorithm that is not of its key');
  if (payload.htm !== call.method) refuse('the proof is for another method');
  if (normalised(payload.htu) !== normalised(call.url)) refuse('the proof is for another address');
  if (Math.abs(payload.iat * 1000 - now.getTime()) > PROOF_WINDOW_MS)
    refuse('the proof was not made within the last minute, by our clock');
  if (payload.ath !== createHash('sha256').update(call.accessToken).digest('base64url'))
    refuse('the proof is for another token');
  const thumbprint = thumbprintOf(header.jwk);
  if (thumbprint !== call.jkt) refuse('the proof is by another key than the token is bound to');
  const hash = header.alg === 'ES256' ? 'sha256' : null;
  const key = { key: keyOf(thumbprint, header.jwk), dsaEncoding: 'ieee-p1363' as const };
  if (!verify(hash, jws.signed, key, jws.signature)) refuse('the signature of the proof does not hold');
  const id = createHash('sha256').update(`${thumbprint}.${payload.jti}`).digest();
  return { id, nonce: payload.nonce ?? null };
}

function parseProof(proof: string): {
  jws: StrictJws;
  header: z.infer<typeof Header>;
  payload: z.infer<typeof Payload>;
} {
  try {
    const jws = parseStrictJws(proof, MOST_CHARACTERS);
    return { jws, header: Header.parse(jws.header), payload: Payload.parse(jws.payload) };
  } catch (cause) {
    return refuse('the proof is not as RFC 9449 has it', cause);
  }
}

function refuse(message: string, cause?: unknown): never {
  throw new TokenError('invalid_dpop_proof', message, { cause });
}

/** Without query and fragment; of several ways to write the same, one (RFC 3986 §6.2.2, §6.2.3). Null when it is no address. */
function normalised(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { protocol, host, username, password, pathname } = new URL(address);
  if (username !== '' || password !== '') return null;
  const path = pathname.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
  });
  return `${protocol}//${host}${path}`;
}

/** RFC 7638 §3: required members alone, in the order of their names. */
function thumbprintOf(jwk: ProofJwk): string {
  const { kty, crv, x } = jwk;
  const members = kty === 'EC' ? { crv, kty, x, y: jwk.y } : { crv, kty, x };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}

const MOST_KEYS = 1_024;
const keys = new Map<string, KeyObject>();

/** Importing a key costs half of a verification, and somebody who asks once asks again. */
function keyOf(thumbprint: string, jwk: ProofJwk): KeyObject {
  const known = keys.get(thumbprint);
  if (known) return known;
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk, format: 'jwk' });
  } catch (cause) {
    return refuse('the key of the proof is none', cause);
  }
  const [oldest] = keys.keys();
  if (keys.size >= MOST_KEYS && oldest !== undefined) keys.delete(oldest);
  keys.set(thumbprint, key);
  return key;
}
