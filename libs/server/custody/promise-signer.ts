import { createPrivateKey, sign } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { formatPromiseHeader, MAX_PROMISED, signPromise } from '#domain/custody';
import { parseSigningKey, type SigningKey } from '#domain/merkle';
import { CONFIG, type Config, ConfigError } from '#server/config';
import type { Promised } from './answer.js';

/** Within so many milliseconds an event that was answered for is under a published head. */
const MERGE_DELAY_MS = 1000;

/** Promises of one answer at most: together they stay well below what a client takes as a header. */
const MAX_PROMISES = 2;

/** Signs the platform's promises of inclusion. Without a key it promises nothing. */
@Injectable()
export class PromiseSigner {
  private readonly key: SigningKey | null;

  /** @throws ConfigError */
  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'promiseKey' | 'logOrigin'>) {
    this.key = config.promiseKey === null ? null : promiseKeyOf(config.promiseKey);
  }

  /** The header field `Amana-Promise` for these events; null where there is nothing to promise, or no key. */
  header(promised: readonly Promised[]): string | null {
    const { key } = this;
    if (key === null) return null;
    const promises = promised.flatMap(inParts).slice(0, MAX_PROMISES);
    if (promises.length === 0) return null;
    const { logOrigin: origin } = this.config;
    return formatPromiseHeader(
      promises.map((promise) => signPromise({ ...promise, origin, mergeDelayMs: MERGE_DELAY_MS }, key)),
    );
  }
}

function inParts({ at, commitments }: Promised): Promised[] {
  const parts = Array.from({ length: Math.ceil(commitments.length / MAX_PROMISED) }, (_, part) => part * MAX_PROMISED);
  return parts.map((from) => ({ at, commitments: commitments.slice(from, from + MAX_PROMISED) }));
}

/** PKCS #8 of an Ed25519 private key, before its seed. RFC 8410 §7. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A signing key that signs with Node's own Ed25519: every answer waits for it. @throws ConfigError */
function promiseKeyOf(text: string): SigningKey {
  try {
    const { verifier } = parseSigningKey(text);
    if (verifier.type !== 'ed25519') throw new TypeError('no Ed25519 key');
    const seed = Buffer.from(text.slice(text.lastIndexOf(`+${verifier.id}+`) + verifier.id.length + 2), 'base64');
    const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed.subarray(1)]), format: 'der', type: 'pkcs8' });
    return { verifier, sign: (message) => sign(null, message, key) };
  } catch (error) {
    throw Object.assign(new ConfigError(['AMANA_PROMISE_KEY: is not an Ed25519 signed-note private key']), {
      cause: error,
    });
  }
}
