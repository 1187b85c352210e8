import { setTimeout as delay } from 'node:timers/promises';
import {
  type Imprint,
  MAX_TOKEN_SIZE_BYTES,
  newNonce,
  TimestampError,
  timestampRequest,
  type VerifiedTimestamp,
  verifyTimestamp,
} from '#domain/time';
import type { TimestampAuthority } from './timestamp-authority.js';
import { TsaError } from './tsa-error.js';

/** Our clock and the authority's may differ by so much; more, and one of them is wrong. */
const MAX_SKEW_MS = 60_000;
const ATTEMPT_MS = 10_000;
const ATTEMPTS = 4;

export interface HttpAuthorityOptions {
  readonly url: string;
  /** DER; what every token must lead to. */
  readonly roots: readonly Uint8Array[];
  readonly policies?: readonly string[] | null;
  /** Ends an attempt and the waiting for the next. */
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
  /** Before the second attempt; doubles with each. */
  readonly firstDelayMs?: number;
}

/**
 * An RFC 3161 authority over HTTP (§3.4). Each attempt has its own nonce, ten seconds and 64 KiB; no redirect is followed. What cannot be
 * reached, or answers 429 or 5xx, is tried again, later each time; what answers wrongly is not.
 */
export class HttpTimestampAuthority implements TimestampAuthority {
  constructor(private readonly options: HttpAuthorityOptions) {}

  async stamp(imprint: Imprint): Promise<VerifiedTimestamp> {
    const { signal, firstDelayMs = 500 } = this.options;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.attempt(imprint);
      } catch (error) {
        const again = error instanceof TsaError && error.code === 'unreachable' && attempt + 1 < ATTEMPTS;
        if (!again || signal?.aborted) throw error;
        await delay(firstDelayMs * 2 ** attempt * (0.5 + Math.random()), undefined, signal ? { signal } : {}).catch(
          () => undefined,
        );
      }
    }
  }

  private async attempt(imprint: Imprint): Promise<VerifiedTimestamp> {
    const { roots, policies, now = () => new Date() } = this.options;
    const nonce = newNonce();
    const [policy = null] = policies ?? [];
    const answer = await this.post(timestampRequest(imprint, nonce, policy));
    let verified: VerifiedTimestamp;
    try {
      verified = await verifyTimestamp(answer, { imprint, nonce, roots, ...(policies && { policies }) });
    } catch (error) {
      if (!(error instanceof TimestampError)) throw error;
      throw new TsaError(error.code, error.message, { cause: error });
    }
    const skewMs = verified.genTime.getTime() - now().getTime();
    if (Math.abs(skewMs) > MAX_SKEW_MS) {
      throw new TsaError('clock-skew', `the authority's clock and ours differ by ${Math.round(skewMs / 1000)} s`);
    }
    return verified;
  }

  private async post(request: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const timeout = AbortSignal.timeout(ATTEMPT_MS);
    const signal = this.options.signal ? AbortSignal.any([timeout, this.options.signal]) : timeout;
    try {
      const response = await fetch(this.options.url, {
        method: 'POST',
        headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
        body: request,
        redirect: 'error',
        signal,
      });
      return await replyIn(response);
    } catch (error) {
      if (error instanceof TsaError) throw error;
      throw new TsaError('unreachable', 'the timestamp authority did not answer', { cause: error });
    }
  }
}

async function replyIn(response: Response): Promise<Uint8Array> {
  const { status, headers, body } = response;
  if (status !== 200) {
    await body?.cancel();
    const later = status === 429 || status >= 500;
    throw new TsaError(later ? 'unreachable' : 'bad-answer', `the timestamp authority answered ${status}`);
  }
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/timestamp-reply') {
    await body?.cancel();
    throw new TsaError('bad-answer', 'the timestamp authority answered something else than a timestamp');
  }
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    sizeBytes += piece.length;
    // Leaving the loop gives the connection up.
    if (sizeBytes > MAX_TOKEN_SIZE_BYTES) throw new TsaError('too-large', 'the timestamp authority answered too much');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
