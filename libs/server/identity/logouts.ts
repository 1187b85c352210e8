import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '#server/config';
import { Database } from '#server/database';
import { TokenError } from './token-error.js';
import { TokenVerifier } from './token-verifier.js';

/** Our programs, as issuers know them. */
export const CLIENTS = ['amana-cli', 'amana-portal'];
const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';
/** Longer than any session of an issuer that we know of. */
const REMEMBERED_MS = 30 * 86_400_000;
const MOST_AGE_MS = 300_000;

/** Sessions that the issuer says have ended: their tokens are refused from then on. OpenID Connect Back-Channel Logout 1.0. */
@Injectable()
export class Logouts {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly tokens: TokenVerifier,
  ) {}

  /**
   * Durable on return. @param token the issuer's logout token
   * @throws TokenError 'invalid_token'; IssuerUnreachable
   */
  async end(token: string, now = new Date()): Promise<void> {
    const {
      sub,
      sid,
      events,
      nonce,
      iat = 0,
      jti,
    } = await this.tokens.claimsOf(token, {
      typ: 'logout+jwt',
      audience: CLIENTS,
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
    });
    const endedAt = new Date(iat * 1000);
    if (nonce !== undefined || !isLogout(events) || Math.abs(now.getTime() - endedAt.getTime()) > MOST_AGE_MS)
      throw new TokenError('invalid_token', 'the token does not say that a session has ended');
    const name = nameOf(sid, sub);
    const until = new Date(now.getTime() + REMEMBERED_MS);
    const id = createHash('sha256').update(`logout\0${jti}`).digest();
    const [spent] = await this.database.query<{ isFirst: boolean }>(
      `WITH spent AS (INSERT INTO amana.spent_proof (id, until) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1)
       SELECT EXISTS (SELECT FROM spent) AS "isFirst"`,
      [id, new Date(now.getTime() + 2 * MOST_AGE_MS)],
    );
    if (spent?.isFirst !== true) throw new TokenError('invalid_token', 'the token was used before');
    await this.database.query(
      `INSERT INTO amana.ended_session AS e (issuer, name, ended_at, until) VALUES ($1, $2, $3, $4)
       ON CONFLICT (issuer, name) DO UPDATE SET ended_at = greatest(e.ended_at, excluded.ended_at), until = greatest(e.until, excluded.until)`,
      [this.config.issuer, name, endedAt, until],
    );
  }
}

function isLogout(events: unknown): boolean {
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, LOGOUT)) return false;
  const event = (events as Record<string, unknown>)[LOGOUT];
  return typeof event === 'object' && event !== null && !Array.isArray(event);
}

function nameOf(sid: unknown, sub: unknown): string {
  const [kind, value] = sid === undefined ? ['sub', sub] : ['sid', sid];
  if (typeof value !== 'string' || value === '' || value.length > 255)
    throw new TokenError('invalid_token', 'the token names no session');
  return `${kind}:${value}`;
}
