import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { runHashThread } from './hash-thread.js';
import type { SharedRooms } from './part-rooms.js';
import { runSealThread } from './seal-thread.js';

/** What a thread of this program is started with. */
export interface ThreadStart {
  readonly role: 'seal' | 'hash';
  readonly peer: MessagePort;
  readonly rooms: SharedRooms;
}

/** What the program does in a thread that is not its main one. */
export function runThread(): void {
  if (parentPort === null) throw new Error('this is the main thread');
  const { role, peer, rooms } = workerData as ThreadStart;
  if (role === 'seal') runSealThread(parentPort, peer, rooms);
  else runHashThread(parentPort, peer, rooms);
}
