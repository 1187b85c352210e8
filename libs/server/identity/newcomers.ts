import { Injectable } from '@nestjs/common';
import { decodeProtectedHeader } from 'jose';
import { CLIENTS } from './logouts.js';
import { type Presented, SignIns } from './sign-ins.js';
import { TokenError } from './token-error.js';
import { TokenVerifier } from './token-verifier.js';

/** Somebody whom the issuer knows and the directory does not. */
export interface Person {
  readonly issuer: string;
  /** Under which the directory is to have them. */
  readonly subject: string;
  /** Under which the issuer speaks of them in all its tokens. */
  readonly sub: string;
}

/** People who sign in before they are officers: those invited, and those added by their address. */
@Injectable()
export class Newcomers {
  constructor(
    private readonly signIns: SignIns,
    private readonly tokens: TokenVerifier,
  ) {}

  /** @returns null when the request says nobody, or somebody who is an officer already @throws TokenError, IssuerUnreachable */
  async person(presented: Presented): Promise<Person | null> {
    const subject = await this.signIns.newcomer(presented);
    return subject && { issuer: subject.issuer, subject: subject.subject, sub: subject.sub };
  }

  /**
   * The address that the issuer says it verified to be this person's (OpenID Connect Core 1.0 §5.1), out of an ID token of the same sign-in,
   * given to a client of ours. An address is what people are known by, and no proof of who they are: it is taken where an officer is bound
   * to their subject, once, and never to sign in with.
   * @throws TokenError 'invalid_token', IssuerUnreachable
   */
  async verifiedAddress({ sub }: Person, idToken: string): Promise<string> {
    const claims = await this.tokens.claimsOf(idToken, {
      audience: CLIENTS,
      requiredClaims: ['exp', 'iat', 'sub', 'iss', 'aud'],
    });
    // Most issuers say no type of ID tokens: what says another type than theirs is none.
    const { typ = 'JWT' } = decodeProtectedHeader(idToken);
    if (typ.toUpperCase() !== 'JWT') throw new TokenError('invalid_token', 'not an ID token');
    if (claims.sub !== sub) throw new TokenError('invalid_token', 'the ID token is of somebody else');
    if (Array.isArray(claims.aud) && claims.aud.length > 1)
      throw new TokenError('invalid_token', 'the ID token is for others too');
    if (claims.email_verified !== true || typeof claims.email !== 'string')
      throw new TokenError('invalid_token', 'the issuer has not verified the address');
    return claims.email;
  }
}
