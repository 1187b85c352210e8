import type { Profile } from '#client/profile';
import type { TimestampView } from '#domain/contract';
import { RetrievalId } from '#domain/evidence';
import type { GoldenLog } from './golden-log.js';
import type { Golden } from './golden-package.js';

/** What a platform answers; a body may come piece by piece and never end. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

export interface Question {
  readonly method: string;
  readonly url: URL;
  readonly range: string | undefined;
  readonly body: Buffer;
}

/** What a platform answers out of. */
export interface Served {
  readonly golden: Golden;
  readonly log: GoldenLog;
  readonly profile: Profile | undefined;
  readonly time: StubTime;
  readonly intake: { answer(question: Question): Promise<Answer | null> };
}

/** What a platform has of attested time. */
export interface StubTime {
  readonly roots: string | null;
  readonly manifest: TimestampView | null;
  /** Of the checkpoint that is served, once it is stamped. */
  readonly checkpoint: TimestampView | null;
}

export const RETRIEVAL = RetrievalId.parse('00000000-0000-4000-8000-00000000aaaa');

export function jsonAnswer(value: unknown, status = 200): Answer {
  return { status, type: 'application/json', body: Buffer.from(JSON.stringify(value)) };
}
