import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import {
  FetchError,
  type FetchErrorCode,
  InlineOpeningEngine,
  type Opening,
  type OpeningEngine,
  type OpeningJob,
} from '#client/fetch';
import { nodeAead } from './aead.js';
import { nodeSha256 } from './chunk-hasher.js';
import type { OpenAnswer, OpenDone, OpenQuestion } from './open-thread.js';
import { DiskPartialFile } from './output-folder.js';
import type { ThreadStart } from './thread-main.js';

/** Below this a file is opened in the main thread before another has heard of it. */
const THREAD_FROM_BYTES = 4 * 1024 * 1024;

/** Opens large files in a thread of their own, so that the main thread has only the network to see to. One at a time. */
export class ThreadedOpeningEngine implements OpeningEngine {
  readonly #inline = new InlineOpeningEngine(nodeAead, nodeSha256);
  readonly #threadEntry: URL;
  #thread: Worker | undefined;

  /** @param threadEntry the module that calls `runThread` when it is loaded in a thread */
  constructor(threadEntry: URL) {
    this.#threadEntry = threadEntry;
  }

  async begin(job: OpeningJob): Promise<Opening> {
    const { file, keys, start, target } = job;
    if (!(target instanceof DiskPartialFile) || file.sealedSizeBytes < THREAD_FROM_BYTES)
      return this.#inline.begin(job);
    const thread = (this.#thread ??= startThread(this.#threadEntry));
    await ask(thread, { kind: 'begin', file, keys, start, path: target.path });
    const rooms = new Rooms();
    return {
      room: (sizeBytes) => rooms.take(sizeBytes),
      async open(window) {
        const { memory } = await ask(thread, { kind: 'open', window }, [window.buffer]);
        if (memory) rooms.free(memory);
      },
      finish: async () => (await ask(thread, { kind: 'finish' })).sha256 ?? new Uint8Array(0),
      abandon: async () => {
        await ask(thread, { kind: 'abandon' });
      },
    };
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
    this.#thread = undefined;
  }
}

/** Memory for windows, used again: it moves to the opening thread and back, and is never in both. */
class Rooms {
  readonly #free: ArrayBuffer[] = [];

  take(sizeBytes: number): Uint8Array<ArrayBuffer> {
    const at = this.#free.findIndex(({ byteLength }) => byteLength >= sizeBytes);
    const memory = at < 0 ? undefined : this.#free.splice(at, 1)[0];
    return new Uint8Array(memory ?? new ArrayBuffer(sizeBytes), 0, sizeBytes);
  }

  free(memory: ArrayBuffer): void {
    this.#free.push(memory);
  }
}

function startThread(threadEntry: URL): Worker {
  const workerData: ThreadStart = { role: 'open' };
  const thread = new Worker(threadEntry, { workerData });
  thread.unref(); // the downloads keep the process alive
  return thread;
}

/** Questions are answered in order, and asked one after the other. */
async function ask(thread: Worker, question: OpenQuestion, moved: readonly ArrayBuffer[] = []): Promise<OpenDone> {
  thread.ref();
  try {
    const answered = once(thread, 'message') as Promise<[OpenAnswer]>;
    thread.postMessage(question, moved);
    const [answer] = await answered;
    if (answer.kind === 'done') return answer;
    if (answer.name === 'FetchError')
      throw new FetchError(answer.code as FetchErrorCode, answer.message, answer.subject);
    throw Object.assign(new Error(answer.message), { code: answer.code });
  } finally {
    thread.unref();
  }
}
