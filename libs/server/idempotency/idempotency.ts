import { Injectable } from '@nestjs/common';
import { Problem } from '#domain/contract';
import type { OfficerId } from '#domain/evidence';
import { Answer, appendedIn } from '#server/custody';
import { afterCommit, type Transaction } from '#server/database';

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

interface KeptRow<Body> {
  readonly request_sha256: Buffer;
  readonly status: number;
  /** Null once an erasure took it. */
  readonly body: Body | null;
  readonly commitments: Buffer[];
  /** Null of answers that were kept before promises were kept with them. */
  readonly promised_at: Date | null;
}

/**
 * POSTs that may be sent again: the answer of the first is kept in the transaction of its action, and given again with the promise of
 * inclusion that it carried.
 */
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
    if (claim) await this.keep(tx, officerId, claim, answer);
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
    const [kept] = await tx.query<KeptRow<Body>[]>(
      `SELECT request_sha256, status, body, commitments, promised_at FROM amana.idempotency WHERE officer_id = $1 AND key = $2`,
      [officerId, claim.key],
    );
    if (!kept) return null;
    if (!kept.request_sha256.equals(claim.requestSha256)) throw new Problem('idempotency-mismatch');
    if (kept.promised_at) Answer.current()?.keep({ at: kept.promised_at, commitments: kept.commitments });
    // An erasure took it: it quoted an event whose words were destroyed.
    if (kept.body === null) throw new Problem('conflict', 'this was done, and what was answered has been erased');
    return { status: kept.status, body: kept.body };
  }

  /**
   * The answer, and what it promises: the events of this transaction and of those that the action committed before. Who sends the
   * request again, perhaps because the first answer was lost, holds the same evidence then, dated when the first was given.
   */
  private async keep(
    tx: Transaction,
    officerId: OfficerId,
    claim: IdempotencyClaim,
    { status, body }: Answered<object>,
  ): Promise<void> {
    const answer = Answer.current();
    const promised = { at: new Date(), commitments: [...(answer?.recorded ?? []), ...appendedIn(tx)] };
    await tx.query(
      `INSERT INTO amana.idempotency (officer_id, key, request_sha256, status, body, commitments, promised_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [officerId, claim.key, claim.requestSha256, status, body, promised.commitments, promised.at],
    );
    afterCommit(tx, () => answer?.keep(promised));
  }
}
