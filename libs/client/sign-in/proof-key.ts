import { type JWK, SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';

/** What a proof is for: one request, and none other. */
export interface ProvedRequest {
  readonly method: string;
  /** As the server is known to the public; query and fragment are left out of the proof. */
  readonly url: string;
  readonly accessToken: string;
  /** The last that this server gave. */
  readonly nonce?: string | undefined;
}

const ALGORITHM = 'ES256';

/**
 * The key of one sign-in: tokens are bound to it, and each request carries a proof by it, so that a token without the key is of no use
 * to whoever finds it. P-256, which every browser and provider has. RFC 9449.
 */
export class ProofKey {
  /** For the token endpoint. */
  readonly pair: CryptoKeyPair;
  /** RFC 7638: what tokens name the key by. */
  readonly thumbprint: string;
  readonly #publicJwk: JWK;
  #hashed: { readonly accessToken: string; readonly ath: string } | undefined;

  private constructor(pair: CryptoKeyPair, publicJwk: JWK, thumbprint: string) {
    this.pair = pair;
    this.#publicJwk = publicJwk;
    this.thumbprint = thumbprint;
  }

  /** A new key. @param extractable whether it can be kept outside the process, by `privateJwk` */
  static async create(extractable = true): Promise<ProofKey> {
    return ProofKey.#of(await generateKeyPair(ALGORITHM, { extractable }));
  }

  /** A key that was kept. @throws TypeError, or JOSEError, when it is none of ours */
  static async from(privateJwk: JWK): Promise<ProofKey> {
    if (privateJwk.kty !== 'EC' || privateJwk.crv !== 'P-256' || privateJwk.d === undefined)
      throw new TypeError('not a private P-256 key');
    const { kty, crv, x, y } = privateJwk;
    const [privateKey, publicKey] = await Promise.all(
      [privateJwk, { kty, crv, x, y } as JWK].map((jwk) => importJWK(jwk, ALGORITHM, { extractable: true })),
    );
    return ProofKey.#of({ privateKey, publicKey } as CryptoKeyPair);
  }

  static async #of(pair: CryptoKeyPair): Promise<ProofKey> {
    const { kty, crv, x, y } = await exportJWK(pair.publicKey);
    const publicJwk = { kty, crv, x, y } as JWK;
    return new ProofKey(pair, publicJwk, await calculateJwkThumbprint(publicJwk));
  }

  /** The private half, to be kept where tokens are kept. @throws Error when it was made not to leave the process */
  privateJwk(): Promise<JWK> {
    return exportJWK(this.pair.privateKey);
  }

  /** A proof for one request, good once and for about a minute. RFC 9449 §4.2. */
  async prove({ method, url, accessToken, nonce }: ProvedRequest, now = new Date()): Promise<string> {
    const target = new URL(url);
    target.search = '';
    target.hash = '';
    return new SignJWT({
      htm: method,
      htu: target.href,
      jti: crypto.randomUUID(),
      ath: await this.#hashOf(accessToken),
      ...(nonce !== undefined && { nonce }),
    })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'dpop+jwt', jwk: this.#publicJwk })
      .setIssuedAt(now)
      .sign(this.pair.privateKey);
  }

  async #hashOf(accessToken: string): Promise<string> {
    if (this.#hashed?.accessToken !== accessToken) {
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(accessToken));
      const ath = btoa(String.fromCharCode(...new Uint8Array(digest)));
      this.#hashed = { accessToken, ath: ath.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '') };
    }
    return this.#hashed.ath;
  }
}
