import { Injectable } from '@nestjs/common';
import type { Transaction } from '#server/database';

/** What the worker does, and what each job needs to know: ids only, the rest it reads itself. */
export interface Jobs {
  'recheck-exhibit': { exhibitId: string };
  'review-event': { eventId: string };
}
export type JobTopic = keyof Jobs;

const TOPICS: Readonly<Record<JobTopic, true>> = { 'recheck-exhibit': true, 'review-event': true };
/** Every topic: the worker refuses to start unless exactly one processor answers to each. */
export const JOB_TOPICS = Object.keys(TOPICS) as readonly JobTopic[];

/** Work asked for in the transaction that makes it necessary; the worker brings it to the queue, again until it is done. */
@Injectable()
export class Outbox {
  /** One row a key: asking twice asks once. @param key unique over all time, such as `recheck-exhibit/<id>` */
  async ask<Topic extends JobTopic>(tx: Transaction, topic: Topic, key: string, payload: Jobs[Topic]): Promise<void> {
    // No conflict target: naming one would need the right to read the outbox, which the API has not.
    await tx.query(`INSERT INTO amana.outbox (topic, key, payload) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, [
      topic,
      `${topic}/${key}`,
      payload,
    ]);
  }
}
