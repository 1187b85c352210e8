import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { readBody } from './body.js';
import { UncertainWrite } from './durable-file.js';
import { originHash } from './held-head.js';
import type { WitnessMetrics } from './metrics.js';
import { Refusal, REFUSALS } from './refusal.js';
import type { Witness } from './witness.js';

/** What answering takes, and who is told how it went. */
export interface AddCheckpointParts {
  readonly witness: Witness;
  readonly metrics: WitnessMetrics;
  readonly log: Logger;
  /** What keeps the witness from working, or null once it worked again. */
  readonly report: (fault: string | null) => void;
  /** The disk failed in the middle: only a new start tells what is on it. Does not return. */
  readonly die: (error: UncertainWrite) => never;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** `POST /add-checkpoint`. C2SP tlog-witness v1.0.0. */
export async function addCheckpoint(
  parts: AddCheckpointParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  const began = performance.now();
  const { status, type, text } =
    body === null ? plain(413, 'too-large: no checkpoint needs so many bytes') : await answerTo(parts, body);
  parts.metrics.answered(status, (performance.now() - began) / 1000);
  response.writeHead(status, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 503 && { 'Retry-After': '60' }),
    // What was not read is not to be taken for the next request.
    ...(body === null && { Connection: 'close' }),
  });
  response.end(text);
}

async function answerTo({ witness, log, report, die }: AddCheckpointParts, body: Uint8Array): Promise<Answer> {
  try {
    const { head, lines } = await witness.addCheckpoint(body);
    report(null);
    log.info({ log: originHash(head.origin), size: head.size }, 'cosigned');
    return { status: 200, type: PLAIN, text: lines };
  } catch (error) {
    if (error instanceof UncertainWrite) die(error);
    if (error instanceof Refusal) {
      if (error.code === 'clock-behind') report(error.message);
      if (error.heldSize !== undefined) return { status: 409, type: 'text/x.tlog.size', text: `${error.heldSize}\n` };
      return plain(REFUSALS[error.code], `${error.code}: ${error.message}`);
    }
    log.error({ err: error }, 'not cosigned');
    report('the memory cannot be written');
    return plain(500, 'internal: not cosigned');
  }
}

const PLAIN = 'text/plain; charset=utf-8';
const plain = (status: number, text: string): Answer => ({ status, type: PLAIN, text: `${text}\n` });
