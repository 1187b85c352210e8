import type { Profile } from '#client/profile';
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
  readonly intake: { answer(question: Question): Promise<Answer | null> };
}

export const RETRIEVAL = RetrievalId.parse('00000000-0000-4000-8000-00000000aaaa');

export function jsonAnswer(value: unknown, status = 200): Answer {
  return { status, type: 'application/json', body: Buffer.from(JSON.stringify(value)) };
}
