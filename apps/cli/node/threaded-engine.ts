import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import {
  InlineEngine,
  PartsInFlight,
  SealError,
  type SealedContent,
  type SealedPart,
  type SealingEngine,
  type SealingJob,
} from '#client/seal';
import { sealedSizeBytes } from '#domain/sealing';
import { nodeAead } from './aead.js';
import { nodeSha256 } from './chunk-hasher.js';
import { nodeFurtherHashes } from './further-hashes.js';
import type { HashedRoom } from './hash-thread.js';
import { PartRooms } from './part-rooms.js';
import { PathSource } from './path-source.js';
import type { JobEnd, ThreadJob } from './seal-thread.js';
import type { ThreadStart } from './thread-main.js';

/** Below this a file is sealed in the main thread before another has heard of it. */
const THREADS_FROM_BYTES = 4 * 1024 * 1024;

/** Rooms beyond those whose parts are in flight: two being filled, two being hashed. */
const ROOMS_AT_WORK = 4;

/**
 * Seals large files in two threads, one that reads, hashes the plaintext and enciphers, one that hashes what is sealed, so that
 * the main thread has only the network to see to. Memory is `partsInFlight + 4` rooms of 16 MiB.
 */
export class ThreadedEngine implements SealingEngine {
  readonly #inline = new InlineEngine({ aead: nodeAead, sha256: nodeSha256, further: nodeFurtherHashes });
  readonly #threadEntry: URL;
  readonly #roomCount: number;
  #threads: Threads | undefined;

  /** @param threadEntry the module that calls `runThread` when it is loaded in a thread */
  constructor(threadEntry: URL, partsInFlight = 4) {
    this.#threadEntry = threadEntry;
    this.#roomCount = partsInFlight + ROOMS_AT_WORK;
  }

  seal(job: SealingJob, take: (part: SealedPart) => Promise<void>): Promise<SealedContent> {
    const { source } = job;
    if (!(source instanceof PathSource) || source.sizeBytes < THREADS_FROM_BYTES) return this.#inline.seal(job, take);
    this.#threads ??= new Threads(this.#threadEntry, this.#roomCount);
    return this.#threads.seal(job, source, take);
  }

  /** Ends the threads. What is under way is not waited for. */
  async close(): Promise<void> {
    await this.#threads?.close();
    this.#threads = undefined;
  }
}

type RoomPart = SealedPart & { readonly room: number };

interface OpenJob {
  readonly parts: PartsInFlight<RoomPart>;
  readonly leafHashes: Uint8Array[];
  received: number;
  end: JobEnd | undefined;
  readonly finish: () => void;
  readonly fail: (cause: unknown) => void;
}

class Threads {
  readonly #rooms: PartRooms;
  readonly #sealer: Worker;
  readonly #hasher: Worker;
  readonly #jobs = new Map<number, OpenJob>();
  #lastJob = 0;

  constructor(threadEntry: URL, roomCount: number) {
    this.#rooms = PartRooms.create(roomCount);
    const { port1, port2 } = new MessageChannel();
    const start = (role: 'seal' | 'hash', peer: MessagePort) => {
      const workerData: ThreadStart = { role, peer, rooms: this.#rooms.shared };
      const worker = new Worker(threadEntry, { workerData, transferList: [peer] });
      worker.on('error', (cause) => this.#failAll(cause));
      worker.unref(); // the jobs' own work keeps the process alive
      return worker;
    };
    this.#sealer = start('seal', port1);
    this.#hasher = start('hash', port2);
    this.#sealer.on('message', (end: JobEnd) => this.#ended(end));
    this.#hasher.on('message', (room: HashedRoom) => this.#hashed(room));
  }

  async seal(job: SealingJob, source: PathSource, take: (part: SealedPart) => Promise<void>): Promise<SealedContent> {
    const id = ++this.#lastJob;
    const plan: ThreadJob = {
      id,
      path: source.path,
      identity: source.identity,
      plainSizeBytes: source.sizeBytes,
      sealedSizeBytes: sealedSizeBytes(source.sizeBytes),
      fileKey: job.fileKey,
      payloadNonce: job.payloadNonce,
      furtherHashes: job.furtherHashes,
    };
    const parts = new PartsInFlight<RoomPart>((part) => this.#taken(id, part, take), Infinity);
    const leafHashes: Uint8Array[] = [];
    const end = await new Promise<JobEnd | undefined>((finish, fail) => {
      const open: OpenJob = { parts, leafHashes, received: 0, end: undefined, finish: () => finish(open.end), fail };
      this.#jobs.set(id, open);
      this.#keepAlive();
      this.#sealer.postMessage(plan);
    }).finally(() => {
      this.#jobs.delete(id);
      this.#keepAlive();
    });
    await parts.settled();
    if (end?.kind !== 'sealed') throw failureOf(end, source);
    return { sizeBytes: plan.plainSizeBytes, sealedSizeBytes: plan.sealedSizeBytes, leafHashes, ...end.digests };
  }

  async close(): Promise<void> {
    this.#rooms.stop(this.#lastJob);
    await Promise.all([this.#sealer.terminate(), this.#hasher.terminate()]);
    this.#failAll(new SealError('engine-closed', 'the sealing engine was closed'));
  }

  #hashed({ job, room, number, sizeBytes, sha256, leafHashes }: HashedRoom): void {
    const open = this.#jobs.get(job);
    if (open === undefined || open.parts.failed) {
      this.#rooms.free(room);
    } else {
      open.leafHashes.push(...leafHashes);
      const bytes = this.#rooms.bytes(room, sizeBytes);
      open.parts.hand({ number, bytes, sha256, leafHashes, room }).catch(() => undefined); // told when the job ends
    }
    if (open === undefined) return;
    open.received += 1;
    this.#settle(open);
  }

  async #taken(job: number, part: RoomPart, take: (part: SealedPart) => Promise<void>): Promise<void> {
    try {
      await take(part);
    } catch (cause) {
      this.#rooms.stop(job);
      throw cause;
    } finally {
      this.#rooms.free(part.room);
    }
  }

  #ended(end: JobEnd): void {
    const open = this.#jobs.get(end.job);
    if (open === undefined) return;
    open.end = end;
    this.#settle(open);
  }

  #settle(open: OpenJob): void {
    if (open.end?.parts === open.received) open.finish();
  }

  #failAll(cause: unknown): void {
    for (const { fail } of this.#jobs.values()) fail(cause);
  }

  #keepAlive(): void {
    for (const thread of [this.#sealer, this.#hasher]) {
      if (this.#jobs.size > 0) thread.ref();
      else thread.unref();
    }
  }
}

function failureOf(end: JobEnd | undefined, { name }: PathSource): Error {
  if (end?.kind !== 'failed') return new SealError('engine-closed', 'sealing was stopped', name);
  if (end.code === 'source-changed') return new SealError('source-changed', end.message, name);
  return Object.assign(new Error(end.message), { code: end.code });
}
