import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { runHashThread } from './hash-thread.js';
import { runOpenThread } from './open-thread.js';
import type { SharedRooms } from './part-rooms.js';
import { runSealThread } from './seal-thread.js';

/** What a thread of this program is started with. */
export type ThreadStart =
  | { readonly role: 'seal' | 'hash'; readonly peer: MessagePort; readonly rooms: SharedRooms }
  | { readonly role: 'open' };

/** What the program does in a thread that is not its main one. */
export function runThread(): void {
  if (parentPort === null) throw new Error('this is the main thread');
  const start = workerData as ThreadStart;
  if (start.role === 'open') runOpenThread(parentPort);
  else if (start.role === 'seal') runSealThread(parentPort, start.peer, start.rooms);
  else runHashThread(parentPort, start.peer, start.rooms);
}
