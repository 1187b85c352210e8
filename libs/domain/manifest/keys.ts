import { ed25519 } from '@noble/curves/ed25519.js';
import { base64url, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { ManifestError } from './manifest-error.js';

const KeyText = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'not 32 bytes in base64url');

/** An Ed25519 public key, RFC 8037, with these members alone. Points of low order, for which anything verifies, are refused. */
export const PublicJwk = z
  .strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: KeyText })
  .refine(({ x }) => isPublicKey(x), 'not a point an Ed25519 key has');
export type PublicJwk = z.infer<typeof PublicJwk>;

/** The same with its private half. */
export const PrivateJwk = z
  .strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: KeyText, d: KeyText })
  .refine(isPair, 'the public half is not that of the private half');
export type PrivateJwk = z.infer<typeof PrivateJwk>;

/** Who signs: a private key, which may be one that cannot be taken out of its place, and the id of its public half. */
export interface Signer {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly key: CryptoKey | PrivateJwk;
}

/** A new Ed25519 key, out of the platform's secure randomness. */
export async function newSigningKey(): Promise<PrivateJwk> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const { x, d } = await exportJWK(privateKey);
  return PrivateJwk.parse({ kty: 'OKP', crv: 'Ed25519', x, d });
}

/** @throws ManifestError 'bad-key' */
export async function signerOf(privateKey: PrivateJwk): Promise<Signer> {
  const parsed = PrivateJwk.safeParse(privateKey);
  if (!parsed.success) throw new ManifestError('bad-key', 'not a private Ed25519 key');
  return { kid: await thumbprintOf(publicJwkOf(parsed.data)), key: parsed.data };
}

export function publicJwkOf({ kty, crv, x }: PrivateJwk): PublicJwk {
  return { kty, crv, x };
}

/** The id of a key: RFC 7638 thumbprint, SHA-256, base64url. @throws ManifestError 'bad-key' */
export async function thumbprintOf(key: PublicJwk): Promise<string> {
  const parsed = PublicJwk.safeParse(key);
  if (!parsed.success) throw new ManifestError('bad-key', 'not a public Ed25519 key');
  return calculateJwkThumbprint(parsed.data, 'sha256');
}

/** Points found good or bad: the check is a scalar multiplication, and the same few keys come again and again. */
const judged = new Map<string, boolean>();
const JUDGED_LIMIT = 4096;

function isPublicKey(x: string): boolean {
  const known = judged.get(x);
  if (known !== undefined) return known;
  const judgement = isSoundPoint(x);
  if (judged.size >= JUDGED_LIMIT) judged.clear();
  judged.set(x, judgement);
  return judgement;
}

function isSoundPoint(x: string): boolean {
  try {
    const bytes = base64url.decode(x);
    if (base64url.encode(bytes) !== x) return false;
    const point = ed25519.Point.fromBytes(bytes);
    return !point.isSmallOrder() && point.isTorsionFree();
  } catch {
    return false;
  }
}

function isPair({ x, d }: { x: string; d: string }): boolean {
  try {
    const secret = base64url.decode(d);
    return base64url.encode(secret) === d && base64url.encode(ed25519.getPublicKey(secret)) === x;
  } catch {
    return false;
  }
}
