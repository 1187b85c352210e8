import type { MessagePort } from 'node:worker_threads';
import { type PartDigest, digestPart } from '#client/seal';
import { nodeSha256 } from './chunk-hasher.js';
import { PartRooms, type SharedRooms } from './part-rooms.js';
import type { FullRoom } from './seal-thread.js';

/** A part ready to go. */
export type HashedRoom = FullRoom & PartDigest;

/** The thread that hashes sealed parts: for the transport and for the chunk tree. */
export function runHashThread(control: MessagePort, from: MessagePort, shared: SharedRooms): void {
  const rooms = new PartRooms(shared);
  from.on('message', (full: FullRoom) => {
    const hashed: HashedRoom = { ...full, ...digestPart(rooms.bytes(full.room, full.sizeBytes), nodeSha256) };
    control.postMessage(hashed);
  });
}
