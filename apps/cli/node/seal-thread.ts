import { closeSync, readSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { type FurtherHash, PlainHashes, sealParts } from '#client/seal';
import { sealPayload } from '#domain/sealing';
import { nodeAead } from './aead.js';
import { nodeSha256 } from './chunk-hasher.js';
import { nodeFurtherHashes } from './further-hashes.js';
import { type FileIdentity, openSource } from './open-source.js';
import { PartRooms, type SharedRooms } from './part-rooms.js';

const READ_BYTES = 1024 * 1024;

/** What the sealing thread is asked to do with one file. */
export interface ThreadJob {
  /** From 1, rising. */
  readonly id: number;
  /** Exact bytes of the path. */
  readonly path: Uint8Array;
  readonly identity: FileIdentity;
  readonly plainSizeBytes: number;
  readonly sealedSizeBytes: number;
  readonly fileKey: Uint8Array;
  readonly payloadNonce: Uint8Array;
  readonly furtherHashes: readonly FurtherHash[];
}

/** A sealed part in a room, on its way to be hashed. */
export interface FullRoom {
  readonly job: number;
  readonly room: number;
  readonly number: number;
  readonly sizeBytes: number;
}

/** What the thread says of a job in the end: how many parts it passed on, and how it went. */
export type JobEnd = { readonly job: number; readonly parts: number } & (
  | { readonly kind: 'sealed'; readonly digests: ReturnType<PlainHashes['digests']> }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'stopped' }
);

/**
 * The thread that reads, hashes the plaintext and seals. It blocks while no room is free: that is what keeps memory bounded.
 *
 * @param control where jobs come from and their ends go
 * @param onward the hashing thread
 */
export function runSealThread(control: MessagePort, onward: MessagePort, shared: SharedRooms): void {
  const rooms = new PartRooms(shared);
  control.on('message', (job: ThreadJob) => {
    void sealOne(job, rooms, onward).then((end) => control.postMessage(end));
  });
}

async function sealOne(job: ThreadJob, rooms: PartRooms, onward: MessagePort): Promise<JobEnd> {
  const hashes = new PlainHashes(nodeSha256, nodeFurtherHashes, job.furtherHashes);
  const sealer = sealPayload(job.fileKey, job.payloadNonce, nodeAead);
  const taken: number[] = [];
  let parts = 0;
  const allocate = (sizeBytes: number) => {
    const room = rooms.take(job.id);
    if (room === null) throw new Stopped();
    taken.push(room);
    return Promise.resolve(rooms.bytes(room, sizeBytes));
  };
  try {
    for await (const part of sealParts(readBlocking(job), job, sealer, (bytes) => hashes.update(bytes), allocate)) {
      const room = taken.shift() ?? 0;
      const full: FullRoom = { job: job.id, room, number: part.number, sizeBytes: part.bytes.length };
      onward.postMessage(full);
      parts += 1;
      if (rooms.isStopped(job.id)) throw new Stopped();
    }
    return { job: job.id, parts, kind: 'sealed', digests: hashes.digests() };
  } catch (cause) {
    for (const room of taken) rooms.free(room);
    if (cause instanceof Stopped) return { job: job.id, parts, kind: 'stopped' };
    return { job: job.id, parts, kind: 'failed', ...codeOf(cause) };
  }
}

class Stopped extends Error {}

/** The thread has nothing else to do: reading that blocks costs least. */
async function* readBlocking({ path, identity }: ThreadJob): AsyncGenerator<Uint8Array> {
  const descriptor = openSource(path, identity);
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (;;) {
      const sizeBytes = readSync(descriptor, buffer, 0, READ_BYTES, null);
      if (sizeBytes === 0) return;
      yield await Promise.resolve(buffer.subarray(0, sizeBytes));
    }
  } finally {
    closeSync(descriptor);
  }
}

function codeOf(cause: unknown): { code: string; message: string } {
  if (!(cause instanceof Error)) return { code: 'unknown', message: String(cause) };
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'unknown';
  return { code, message: cause.message };
}
