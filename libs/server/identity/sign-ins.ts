import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '#server/config';
import { Database } from '#server/database';
import { PROOF_WINDOW_MS, verifyProof } from './dpop-proof.js';
import { Officers, type SignedInOfficer } from './officers.js';
import { type NonceAge, ProofNonces } from './proof-nonces.js';
import { TokenError } from './token-error.js';
import { type Subject, TokenVerifier } from './token-verifier.js';
import { asVouched } from './vouched.js';

/** What a request carries to say who sends it. */
export interface Presented {
  /** The field `Authorization`. */
  readonly authorization: string | undefined;
  /** The field `DPoP`. */
  readonly proof: string | undefined;
  readonly method: string;
  /** Path and query, as they were asked for. */
  readonly target: string;
}

/** An officer who is signed in, and how. */
export interface SignIn {
  readonly officer: SignedInOfficer;
  readonly authenticatedAt: Date | null;
  readonly acr: string | null;
  /** Of the proof: null for one without. */
  readonly nonce: NonceAge | null;
}

/** A used proof is known for longer than any clock could take it for a new one. */
const SPENT_FOR_MS = 3 * PROOF_WINDOW_MS;
const SWEEP_MS = 30_000;

/** Who sends a request: a token bound to a key, a proof by that key made for this request alone, and an officer who answers to it. RFC 9449 §7. */
@Injectable()
export class SignIns implements OnModuleInit, OnModuleDestroy {
  private readonly log = new Logger('sign-in');
  private sweeping: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly tokens: TokenVerifier,
    private readonly officers: Officers,
    private readonly nonces: ProofNonces,
  ) {}

  onModuleInit(): void {
    this.sweeping = setInterval(() => void this.sweep(), SWEEP_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.sweeping);
  }

  /**
   * To be asked once for each request: the proof is used up by it.
   * @returns null when the request does not say who sends it
   * @throws TokenError, IssuerUnreachable
   */
  async authenticate(presented: Presented, now = new Date()): Promise<SignIn | null> {
    const proven = await this.prove(presented, now);
    if (proven === null) return null;
    const { officer: found, subject, nonce } = proven;
    const officer = found && (subject.vouched === null ? found : asVouched(found, subject.vouched));
    if (!officer) throw new TokenError('invalid_token', 'no officer answers to this identity');
    return { officer, authenticatedAt: subject.authenticatedAt, acr: subject.acr, nonce };
  }

  /**
   * Somebody signed in at the issuer who is no officer: who was invited, or added by their address. Asked once for each request.
   * @returns null when the request does not say who sends it, or when an officer sends it
   * @throws TokenError, IssuerUnreachable
   */
  async newcomer(presented: Presented, now = new Date()): Promise<Subject | null> {
    const proven = await this.prove(presented, now);
    if (proven === null || proven.officer !== null) return null;
    if (proven.subject.vouched?.agencies.length === 0)
      throw new TokenError('invalid_token', 'the issuer does not say of which agency the person is');
    return proven.subject;
  }

  private async prove(
    { authorization, proof, method, target }: Presented,
    now: Date,
  ): Promise<{ subject: Subject; officer: SignedInOfficer | null; nonce: NonceAge | null } | null> {
    if (authorization === undefined) return null;
    const accessToken = tokenIn(authorization);
    const subject = await this.tokens.verify(accessToken);
    const { jkt } = subject;
    if (jkt === null) throw new TokenError('invalid_token', 'the token is not bound to a key');
    if (proof === undefined) throw new TokenError('invalid_dpop_proof', 'the token needs a proof');
    const url = this.config.publicUrl + target;
    const { id, nonce } = verifyProof(proof, { method, url, accessToken, jkt }, now);
    const age = nonce === null ? null : await this.nonces.ageOf(nonce, now);
    if (age === 'unknown') throw new TokenError('use_dpop_nonce', 'the nonce of the proof is not known, or is too old');
    const until = new Date(now.getTime() + SPENT_FOR_MS);
    const { isFirst, hasEnded, officer } = await this.officers.presenting(subject, { id, until }, now);
    if (!isFirst) throw new TokenError('invalid_dpop_proof', 'the proof was used before');
    if (hasEnded) throw new TokenError('invalid_token', 'the session has ended');
    return { subject, officer, nonce: age };
  }

  /** What the next proofs are to say. */
  nonce(now = new Date()): Promise<string> {
    return this.nonces.current(now);
  }

  private async sweep(): Promise<void> {
    try {
      await this.database.query('DELETE FROM amana.spent_proof WHERE until < now()');
      await this.database.query('DELETE FROM amana.ended_session WHERE until < now()');
    } catch (error) {
      this.log.warn(`what has expired was not removed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** @throws TokenError under any scheme but DPoP: whoever finds a bearer token has it */
function tokenIn(authorization: string): string {
  const [scheme, token, ...rest] = authorization.split(' ');
  if (scheme?.toLowerCase() !== 'dpop' || !token || rest.length > 0)
    throw new TokenError('invalid_token', 'a token is sent under the scheme DPoP, with a proof');
  return token;
}
