import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '#server/database';

const PERIOD_MS = 300_000;

/** `ageing` still holds, and its bearer is to be given the next. */
export type NonceAge = 'fresh' | 'ageing' | 'unknown';

/**
 * What proofs are made to say that they were not made long ago (RFC 9449 §8): one for all, for five minutes, good for ten at most. Nothing
 * is kept of them; all processes of the API make the same.
 */
@Injectable()
export class ProofNonces {
  private key: Promise<Buffer> | null = null;

  constructor(private readonly database: Database) {}

  async current(now: Date): Promise<string> {
    return nonceOf(await this.keyAtHand(), periodOf(now));
  }

  async ageOf(nonce: string, now: Date): Promise<NonceAge> {
    const key = await this.keyAtHand();
    const period = periodOf(now);
    if (isSame(nonce, nonceOf(key, period))) return 'fresh';
    return isSame(nonce, nonceOf(key, period - 1)) ? 'ageing' : 'unknown';
  }

  private keyAtHand(): Promise<Buffer> {
    this.key ??= this.readKey().catch((error: unknown) => {
      this.key = null;
      throw error;
    });
    return this.key;
  }

  private async readKey(): Promise<Buffer> {
    const [row] = await this.database.query<{ key: Buffer }>('SELECT key FROM amana.proof_nonce_key');
    if (!row) throw new Error('the database has no key for nonces');
    return row.key;
  }
}

function periodOf(now: Date): number {
  return Math.floor(now.getTime() / PERIOD_MS);
}

function nonceOf(key: Buffer, period: number): string {
  return createHmac('sha256', key).update(`dpop-nonce/v1\0${period}`).digest('base64url').slice(0, 24);
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
