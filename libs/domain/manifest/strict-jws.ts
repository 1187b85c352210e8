import { FlattenedSign, base64url, flattenedVerify } from 'jose';
import { z } from 'zod';
import type { PublicJwk, Signer } from './keys.js';
import { thumbprintOf } from './keys.js';
import { ManifestError } from './manifest-error.js';
import { parseStrictJson } from './strict-json.js';

/** General JWS JSON serialization, RFC 7515 §7.2.1, without unprotected headers. */
export interface GeneralJws {
  readonly payload: string;
  readonly signatures: readonly JwsSignature[];
}

export interface JwsSignature {
  readonly protected: string;
  readonly signature: string;
}

/** A signature whose form is in order and which nobody has verified yet. */
export interface ReadSignature {
  readonly typ: string;
  readonly kid: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly encoded: JwsSignature;
}

export interface ReadJws {
  readonly payload: string;
  readonly payloadBytes: Uint8Array;
  readonly signatures: readonly ReadSignature[];
}

/** The `typ` values a document may carry, each with the parameters its header has beside `alg`, `typ` and `kid`. */
export type HeaderRules = Readonly<Record<string, readonly string[]>>;

/** Gives the public key of an id, or undefined when nobody known has it. */
export type KeyOf = (kid: string) => PublicJwk | undefined | Promise<PublicJwk | undefined>;

const MAX_SIGNATURES = 64;
const BASE64URL = /^[A-Za-z0-9_-]*$/;
const NEVER = /(?!)/;
/** What may end a text of so many characters beyond whole groups of four: of one no byte is made; of two and three 4 and 2 bits are left over. */
const LAST_CHARACTER = [/./, NEVER, /[AQgw]/, /[AEIMQUYcgkosw048]/];
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

const Shape = z.strictObject({
  payload: z.string(),
  signatures: z
    .array(z.strictObject({ protected: z.string(), signature: z.string() }))
    .min(1)
    .max(MAX_SIGNATURES),
});

/**
 * Reads a general JWS, checking all of its form and no signature: `alg` EdDSA, `typ` among those expected, `kid` a
 * thumbprint, no other header parameter (so no `jwk`, `jku`, `x5u`, `x5c`, `crit`, `b64`), base64url without padding or
 * stray bits, no member beyond these, no key twice for one `typ`.
 *
 * @param jws its JSON as bytes, or already parsed by `parseStrictJson`
 * @throws ManifestError 'json-…', 'jws-…', 'duplicate-signature'
 */
export function readJws(jws: unknown, rules: HeaderRules): ReadJws {
  const shape = Shape.safeParse(jws instanceof Uint8Array ? parseStrictJson(jws) : jws);
  if (!shape.success) throw new ManifestError('jws-shape', 'not a general JWS of payload and signatures alone');
  const signatures = shape.data.signatures.map((signature) => readSignature(signature, rules));
  const signers = new Set(signatures.map(({ typ, kid }) => `${typ} ${kid}`));
  if (signers.size < signatures.length) throw new ManifestError('duplicate-signature', 'a key has signed twice');
  return { payload: shape.data.payload, payloadBytes: decodeBase64Url(shape.data.payload), signatures };
}

/**
 * Verifies one signature.
 *
 * @throws ManifestError 'unknown-key'; 'bad-key' when the key given is not the one that `kid` names; 'bad-signature'
 */
export async function verifySignature(
  jws: ReadJws,
  { kid, encoded }: ReadSignature,
  key: PublicJwk | undefined,
): Promise<void> {
  if (key === undefined) throw new ManifestError('unknown-key', `nobody known has the key ${kid}`);
  if ((await thumbprintOf(key)) !== kid) throw new ManifestError('bad-key', `the key given for ${kid} is another`);
  try {
    await flattenedVerify({ ...encoded, payload: jws.payload }, key, { algorithms: ['EdDSA'] });
  } catch {
    throw new ManifestError('bad-signature', `the signature of ${kid} is not of this content`);
  }
}

/** Signs a payload. `header` has what `typ` asks for beside `alg`, `typ` and `kid`. */
export async function signPayload(
  payloadBytes: Uint8Array,
  typ: string,
  { kid, key }: Signer,
  header: Readonly<Record<string, unknown>> = {},
): Promise<GeneralJws> {
  if (!THUMBPRINT.test(kid)) throw new ManifestError('jws-kid', 'the id of a key is its RFC 7638 thumbprint');
  const signed = await new FlattenedSign(payloadBytes)
    .setProtectedHeader({ ...header, alg: 'EdDSA', typ, kid })
    .sign(key);
  return {
    payload: signed.payload,
    signatures: [{ protected: signed.protected ?? '', signature: signed.signature }],
  };
}

/** base64url (RFC 7515 §2) of which there is one form: without padding, and bits that say nothing are zero. */
export function decodeBase64Url(text: string): Uint8Array {
  if (!BASE64URL.test(text) || !(text.at(-1) ?? 'A').match(LAST_CHARACTER[text.length % 4] ?? NEVER))
    throw new ManifestError('jws-base64', 'base64url with padding, stray bits or strange characters');
  try {
    return base64url.decode(text);
  } catch {
    throw new ManifestError('jws-base64', 'not base64url');
  }
}

function readSignature(encoded: JwsSignature, rules: HeaderRules): ReadSignature {
  decodeBase64Url(encoded.signature);
  const header = parseStrictJson(decodeBase64Url(encoded.protected));
  if (!isObject(header)) throw new ManifestError('jws-header', 'a protected header is not an object');
  const { alg, typ, kid } = header;
  if (alg !== 'EdDSA') throw new ManifestError('jws-alg', 'the algorithm is not EdDSA');
  const more = typeof typ === 'string' && Object.hasOwn(rules, typ) ? rules[typ] : undefined;
  if (typeof typ !== 'string' || more === undefined)
    throw new ManifestError('jws-typ', 'the typ is not one expected here');
  if (typeof kid !== 'string' || !THUMBPRINT.test(kid))
    throw new ManifestError('jws-kid', 'the kid is not a thumbprint');
  const expected = ['alg', 'typ', 'kid', ...more].sort().join(' ');
  if (Object.keys(header).sort().join(' ') !== expected) {
    throw new ManifestError('jws-header', `a ${typ} header has ${expected} and nothing else`);
  }
  return { typ, kid, header, encoded };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
