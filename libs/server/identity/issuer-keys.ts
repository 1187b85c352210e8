import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type ExportedJWKSCache,
  jwksCache,
  type JWKSCacheInput,
  type JWTVerifyGetKey,
} from 'jose';

/** The issuer's keys cannot be had: nothing was decided. */
export class IssuerUnreachable extends Error {
  override readonly name = 'IssuerUnreachable';
}

export interface KeyTimes {
  /** Keys are asked for anew when they are older, in milliseconds. */
  readonly freshMs: number;
  /** While the issuer does not give them, keys are used until they are as old as this. A key it took back holds as long, no longer. */
  readonly staleMs: number;
  /** After an attempt that failed, and for a key that nobody knows, the issuer is not asked again before. */
  readonly cooldownMs: number;
}
const TIMES: KeyTimes = { freshMs: 600_000, staleMs: 3_600_000, cooldownMs: 10_000 };
const TIMEOUT_MS = 5_000;

/**
 * The keys an issuer signs with, asked for as they are needed. An issuer that is away, or answers nonsense, is not the fault of who
 * carries its token: for a while the keys it gave last are used, then nothing is decided.
 */
export class IssuerKeys {
  private readonly remote: ReturnType<typeof createRemoteJWKSet>;
  /** What the issuer gave last and when, as `jose` keeps it. */
  private readonly given: JWKSCacheInput = {};
  private failedAt = -Infinity;

  constructor(
    address: URL,
    private readonly times: KeyTimes = TIMES,
  ) {
    this.remote = createRemoteJWKSet(address, {
      timeoutDuration: TIMEOUT_MS,
      cacheMaxAge: times.freshMs,
      cooldownDuration: times.cooldownMs,
      [jwksCache]: this.given,
    });
  }

  /** As `jwtVerify` asks for a key. @throws JWKSNoMatchingKey for a key the issuer does not have; IssuerUnreachable */
  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    if (Date.now() - this.failedAt < this.times.cooldownMs) return this.lastKeyOf(header, token);
    try {
      return await this.remote(header, token);
    } catch (error) {
      if (isAboutTheToken(error)) throw error;
      this.failedAt = Date.now();
      return this.lastKeyOf(header, token, error);
    }
  };

  /** Resolves while tokens can be judged: the keys are at hand, or can be had now. @throws IssuerUnreachable */
  async atHand(): Promise<void> {
    const { jwks, uat = -Infinity } = this.given as Partial<ExportedJWKSCache>;
    if (jwks && Date.now() - uat <= this.times.staleMs) return;
    await this.remote.reload().catch((cause: unknown) => {
      throw new IssuerUnreachable('the keys of the issuer cannot be had', { cause });
    });
  }

  private async lastKeyOf(...[header, token, cause]: [...Parameters<JWTVerifyGetKey>, unknown?]) {
    const { jwks, uat = -Infinity } = this.given as Partial<ExportedJWKSCache>;
    if (!jwks || Date.now() - uat > this.times.staleMs) throw new IssuerUnreachable('issuer keys', { cause });
    try {
      return await createLocalJWKSet(jwks)(header, token);
    } catch (error) {
      // It may be a new key of an issuer that cannot tell.
      if (error instanceof errors.JWKSNoMatchingKey) throw new IssuerUnreachable('issuer keys', { cause: error });
      throw error;
    }
  }
}

/** What the keys, once there, say of a token; any other error is that they are not there. */
function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
