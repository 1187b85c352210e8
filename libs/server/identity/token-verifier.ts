import { Inject, Injectable } from '@nestjs/common';
import { errors, jwtVerify } from 'jose';
import { parseStrictJson } from '#domain/manifest';
import { CONFIG, type Config } from '#server/config';
import { IssuerKeys, IssuerUnreachable } from './issuer-keys.js';

/** Who a valid access token speaks for: a person known to an issuer. */
export interface Subject {
  readonly issuer: string;
  readonly subject: string;
}

/** A token that does not hold. `because` is for the answer: it tells what is wrong, never what would be right. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256'];
const CLOCK_TOLERANCE_SECONDS = 60;
const SEGMENT = /^[A-Za-z0-9_-]+$/;

/** Access tokens as RFC 9068 has them, with algorithm, type, issuer, audience and required claims pinned. */
@Injectable()
export class TokenVerifier {
  private keys: Promise<IssuerKeys> | null = null;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** @throws TokenError for any token that does not hold; IssuerUnreachable when the issuer's keys cannot be had */
  async verify(token: string): Promise<Subject> {
    refuseLooseToken(token);
    const keys = await this.issuerKeys();
    try {
      const { payload } = await jwtVerify(token, keys.keyOf, {
        algorithms: ALGORITHMS,
        typ: 'at+jwt',
        issuer: this.config.issuer,
        audience: this.config.publicUrl,
        requiredClaims: ['exp', 'iat', 'sub', 'iss', 'client_id', 'jti'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      if (typeof payload.sub !== 'string') throw new TokenError('no subject');
      // Bound to a key that nobody has proved to hold (RFC 9449 §7.2, RFC 8705 §3).
      if (payload.cnf !== undefined) throw new TokenError('a bound token is no bearer token');
      return { issuer: this.config.issuer, subject: payload.sub };
    } catch (error) {
      if (error instanceof IssuerUnreachable) throw error;
      if (error instanceof errors.JOSEError || error instanceof TokenError)
        throw new TokenError('the token does not hold', { cause: error });
      throw new IssuerUnreachable('issuer keys', { cause: error });
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

/** Before any cryptography: three segments of strict base64url whose JSON has no duplicate members. */
function refuseLooseToken(token: string): void {
  const segments = token.split('.');
  if (token.length > 8_192 || segments.length !== 3) throw new TokenError('not a signed token');
  for (const [position, segment] of segments.entries()) {
    const bytes = Buffer.from(segment, 'base64url');
    if (!SEGMENT.test(segment) || bytes.toString('base64url') !== segment) throw new TokenError('loose base64url');
    if (position === 2) continue;
    try {
      parseStrictJson(bytes);
    } catch (error) {
      throw new TokenError('loose JSON', { cause: error });
    }
  }
}
