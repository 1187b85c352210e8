import { Injectable } from '@nestjs/common';
import { Problem } from '#domain/contract';
import type { OfficerId } from '#domain/evidence';
import type { Transaction } from '#server/database';

/** What makes two requests the same: the key the client chose and the digest of method, path and body. */
export interface IdempotencyClaim {
  readonly key: string;
  readonly requestSha256: Buffer;
}

/** POSTs that may be sent again: the answer of the first is kept in the transaction of its action, and given again. */
@Injectable()
export class Idempotency {
  /**
   * Runs `work` once for a key. Two at once wait for each other; a repeat gets the first one's answer. Without a claim it just runs.
   * @throws Problem 'idempotency-mismatch' when the key came with another request before
   */
  async once<Answer extends object>(
    tx: Transaction,
    officerId: OfficerId,
    claim: IdempotencyClaim | null,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    if (!claim) return work();
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 1))`, [`${officerId}/${claim.key}`]);
    const [kept] = await tx.query<{ request_sha256: Buffer; body: Answer }[]>(
      `SELECT request_sha256, body FROM amana.idempotency WHERE officer_id = $1 AND key = $2`,
      [officerId, claim.key],
    );
    if (kept) {
      if (!kept.request_sha256.equals(claim.requestSha256)) throw new Problem('idempotency-mismatch');
      return kept.body;
    }
    const answer = await work();
    await tx.query(
      `INSERT INTO amana.idempotency (officer_id, key, request_sha256, status, body) VALUES ($1, $2, $3, 200, $4)`,
      [officerId, claim.key, claim.requestSha256, answer],
    );
    return answer;
  }
}
