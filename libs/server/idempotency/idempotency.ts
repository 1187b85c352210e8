import { Injectable } from '@nestjs/common';
import { Problem } from '#domain/contract';
import type { OfficerId } from '#domain/evidence';
import type { Transaction } from '#server/database';

/** What makes two requests the same: the key the client chose and the digest of method, path and body. */
export interface IdempotencyClaim {
  readonly key: string;
  readonly requestSha256: Buffer;
}

/** What a request was answered with. */
export interface Answered<Body extends object> {
  /** HTTP status. */
  readonly status: number;
  readonly body: Body;
}

/** POSTs that may be sent again: the answer of the first is kept in the transaction of its action, and given again. */
@Injectable()
export class Idempotency {
  /**
   * Runs `work` once for a key. Two at once wait for each other; a repeat gets the first one's answer. Without a claim it just runs.
   * For routes that answer with one status, which they know themselves.
   * @throws Problem 'idempotency-mismatch' when the key came with another request before
   */
  async once<Answer extends object>(
    tx: Transaction,
    officerId: OfficerId,
    claim: IdempotencyClaim | null,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    const { body } = await this.answerOnce(tx, officerId, claim, async () => ({ status: 200, body: await work() }));
    return body;
  }

  /** The same for routes whose status depends on what was done: the repeat gets the first one's status too. */
  async answerOnce<Body extends object>(
    tx: Transaction,
    officerId: OfficerId,
    claim: IdempotencyClaim | null,
    work: () => Promise<Answered<Body>>,
  ): Promise<Answered<Body>> {
    const kept = await this.recall<Body>(tx, officerId, claim);
    if (kept) return kept;
    const answer = await work();
    if (claim)
      await tx.query(
        `INSERT INTO amana.idempotency (officer_id, key, request_sha256, status, body) VALUES ($1, $2, $3, $4, $5)`,
        [officerId, claim.key, claim.requestSha256, answer.status, answer.body],
      );
    return answer;
  }

  /**
   * What the same request was answered with before; null when this is the first, which then holds the key until the transaction
   * ends. For an action of several transactions: it asks here first, and keeps its answer with the last.
   * @throws Problem 'idempotency-mismatch'
   */
  async recall<Body extends object>(
    tx: Transaction,
    officerId: OfficerId,
    claim: IdempotencyClaim | null,
  ): Promise<Answered<Body> | null> {
    if (!claim) return null;
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 1))`, [`${officerId}/${claim.key}`]);
    const [kept] = await tx.query<(Answered<Body> & { request_sha256: Buffer })[]>(
      `SELECT request_sha256, status, body FROM amana.idempotency WHERE officer_id = $1 AND key = $2`,
      [officerId, claim.key],
    );
    if (!kept) return null;
    if (!kept.request_sha256.equals(claim.requestSha256)) throw new Problem('idempotency-mismatch');
    return { status: kept.status, body: kept.body };
  }
}
