import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ManifestError, PrivateJwk, PublicJwk, decodeBase64Url, readJws } from '#domain/manifest';
import { requires, vectors, vectorsFolder } from '../support/requires.js';

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly result: 'valid' | 'invalid';
}
type JwsVector = Vector & { readonly jws: string };
type SignatureVector = Vector & { readonly msg: string; readonly sig: string };
interface Keys {
  readonly keys?: readonly object[];
}
interface Group<V> {
  readonly tests: readonly V[];
  readonly public?: Keys;
  readonly private?: Keys;
  readonly publicKeyJwk?: { readonly x: string };
}

function groupsOf<V>(file: string): readonly Group<V>[] {
  return (JSON.parse(readFileSync(join(vectorsFolder, 'wycheproof', file), 'utf8')) as { testGroups: Group<V>[] })
    .testGroups;
}

/**
 * None of the 401 JWS vectors is of EdDSA, the one algorithm we take; so each is wrong for us, the 46 called valid too,
 * and must be refused by its form before any key is asked for. What they teach of base64 is checked apart.
 */
requires(vectors('wycheproof'))('Wycheproof, JSON Web Signature', () => {
  const all = (): readonly JwsVector[] =>
    groupsOf<JwsVector>('json_web_signature_test.json').flatMap(({ tests }) => tests);

  it('every vector is refused by its form', () => {
    const codes = new Map<string, number>();
    for (const { jws } of all()) {
      const code = refusalOf(jws);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect([...codes.values()].reduce((sum, count) => sum + count)).toBe(401);
    expect([...codes.keys()].sort()).toEqual(['json-syntax', 'jws-alg', 'jws-base64']);
  });

  // 367 and 370 equal the valid 357, and 372 and 373 call corrupted base64 valid: left out.
  const WRONG = [367, 370, 372, 373];
  // Invalid for their base64 alone.
  const LOOSE = [361, 362, 363, 364, 365, 366, 368, 369, 371, 374, 375];

  it('takes the base64url of what is valid, and refuses what is invalid for it', () => {
    const strict = all().filter(({ tcId }) => !WRONG.includes(tcId));
    for (const { tcId, jws } of strict.filter(({ result }) => result === 'valid'))
      expect([tcId, isStrict(jws)]).toEqual([tcId, true]);
    for (const { tcId, jws } of strict.filter((vector) => LOOSE.includes(vector.tcId))) {
      expect([tcId, isStrict(jws)]).toEqual([tcId, false]);
    }
  });
});

/** No vector's key is Ed25519: each is refused as a key to verify with, and as one to sign with. */
requires(vectors('wycheproof'))('Wycheproof, JSON Web Key', () => {
  it('every key is refused', () => {
    const groups = groupsOf<Vector>('json_web_key_test.json');
    const keys = groups.flatMap((group) => [group.public, group.private]).flatMap((set) => set?.keys ?? set ?? []);
    expect(keys.length).toBeGreaterThan(25);
    for (const key of keys) expect(PublicJwk.safeParse(key).success || PrivateJwk.safeParse(key).success).toBe(false);
  });
});

/** Ed25519 of Web Crypto, which is what jose verifies with, under keys in the form we take. */
requires(vectors('wycheproof'))('Wycheproof, Ed25519', () => {
  it('each of 151 signatures is taken or refused as it should be', async () => {
    let count = 0;
    for (const { publicKeyJwk, tests } of groupsOf<SignatureVector>('ed25519_test.json')) {
      const jwk = PublicJwk.parse({ kty: 'OKP', crv: 'Ed25519', x: publicKeyJwk?.x });
      const key = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['verify']);
      for (const { tcId, msg, sig, result } of tests) {
        const holds = await crypto.subtle.verify('Ed25519', key, Buffer.from(sig, 'hex'), Buffer.from(msg, 'hex'));
        expect([tcId, holds]).toEqual([tcId, result === 'valid']);
        count += 1;
      }
    }
    expect(count).toBe(151);
  });
});

function refusalOf(compact: string): string {
  const [head = '', payload = '', signature = ''] = compact.split('.');
  try {
    readJws({ payload, signatures: [{ protected: head, signature }] }, { 'amana-manifest+jws': [] });
  } catch (error) {
    if (error instanceof ManifestError) return error.code;
    throw error;
  }
  return 'taken';
}

function isStrict(compact: string): boolean {
  try {
    compact.split('.').forEach(decodeBase64Url);
    return true;
  } catch {
    return false;
  }
}
