import { Inject, Injectable } from '@nestjs/common';
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { CONFIG, type Config } from '#server/config';
import { IssuerKeys, IssuerUnreachable } from './issuer-keys.js';
import { parseStrictJws } from './strict-jws.js';
import { TokenError } from './token-error.js';
import { type Vouched, vouchedBy } from './vouched.js';

/** Who a valid access token speaks for: a person known to an issuer, signed in at some time, in some way. */
export interface Subject {
  readonly issuer: string;
  /** Under which the directory has an officer: `sub`, or the claim that the configuration names. */
  readonly subject: string;
  /** Under which the issuer itself speaks of the person. */
  readonly sub: string;
  /** Thumbprint of the key that the token is bound to; null for one that works for whoever finds it. */
  readonly jkt: string | null;
  /** The session at the issuer, where it names one. */
  readonly sid: string | null;
  readonly issuedAt: Date;
  /** When the person proved who they are; null where the issuer does not say. */
  readonly authenticatedAt: Date | null;
  /** How, in the issuer's words. */
  readonly acr: string | null;
  /** What the issuer vouches for besides; null where the configuration gives its claims no meaning. */
  readonly vouched: Vouched | null;
}

const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256'];
const CLOCK_TOLERANCE_SECONDS = 60;
const MOST_CHARACTERS = 8_192;

/** Tokens of the issuer: algorithm, type, issuer, audience and required claims pinned. */
@Injectable()
export class TokenVerifier {
  private keys: Promise<IssuerKeys> | null = null;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /**
   * An access token as RFC 9068 has it.
   * @throws TokenError 'invalid_token' for any that does not hold; IssuerUnreachable when the issuer's keys cannot be had
   */
  async verify(token: string): Promise<Subject> {
    const payload = await this.claimsOf(token, {
      typ: 'at+jwt',
      audience: this.config.publicUrl,
      requiredClaims: ['exp', 'iat', 'sub', 'iss', 'client_id', 'jti'],
    });
    const { sub, sid, iat = 0, auth_time: authTime, acr, cnf } = payload;
    const { issuer, identityMap } = this.config;
    const subject = identityMap === null ? sub : payload[identityMap.subjectClaim];
    if (typeof sub !== 'string' || sub === '' || typeof subject !== 'string' || subject === '')
      throw new TokenError('invalid_token', 'the token does not hold');
    return {
      ...{ issuer, subject, sub },
      jkt: boundTo(cnf),
      sid: typeof sid === 'string' ? sid : null,
      issuedAt: new Date(iat * 1000),
      authenticatedAt: typeof authTime === 'number' ? new Date(authTime * 1000) : null,
      acr: typeof acr === 'string' ? acr : null,
      vouched: identityMap && vouchedBy(identityMap, payload),
    };
  }

  /** The claims of any token of the issuer's, of one type. @throws as `verify` does */
  async claimsOf(
    token: string,
    pinned: Pick<JWTVerifyOptions, 'audience' | 'requiredClaims'> & { readonly typ?: string },
  ): Promise<JWTPayload> {
    try {
      parseStrictJws(token, MOST_CHARACTERS);
    } catch (cause) {
      throw new TokenError('invalid_token', 'the token does not hold', { cause });
    }
    const keys = await this.issuerKeys();
    try {
      const { payload } = await jwtVerify(token, keys.keyOf, {
        ...pinned,
        algorithms: ALGORITHMS,
        issuer: this.config.issuer,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      return payload;
    } catch (cause) {
      if (cause instanceof IssuerUnreachable) throw cause;
      if (cause instanceof errors.JOSEError)
        throw new TokenError('invalid_token', 'the token does not hold', { cause });
      throw new IssuerUnreachable('issuer keys', { cause });
    }
  }

  /** Resolves while tokens can be judged. @throws IssuerUnreachable */
  async keysAtHand(): Promise<void> {
    await (await this.issuerKeys()).atHand();
  }

  private issuerKeys(): Promise<IssuerKeys> {
    this.keys ??= this.discover().catch((error: unknown) => {
      this.keys = null;
      throw new IssuerUnreachable('issuer discovery', { cause: error });
    });
    return this.keys;
  }

  private async discover(): Promise<IssuerKeys> {
    const address = `${this.config.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const answer = await fetch(address, { signal: AbortSignal.timeout(5_000), redirect: 'error' });
    if (!answer.ok) throw new Error(`discovery answered ${answer.status}`);
    const found = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (found.issuer !== this.config.issuer || typeof found.jwks_uri !== 'string') {
      throw new Error('discovery speaks for another issuer');
    }
    return new IssuerKeys(new URL(found.jwks_uri));
  }
}

/** The key of `cnf` (RFC 9449 §6.1); null for none, and for one that is confirmed in another way than ours. */
function boundTo(cnf: unknown): string | null {
  if (typeof cnf !== 'object' || cnf === null) return null;
  const members = Object.entries(cnf);
  const [[name, value] = []] = members;
  return members.length === 1 && name === 'jkt' && typeof value === 'string' ? value : null;
}
