import { PART_ROOM_BYTES } from '#client/seal';

const FREE = 0;
const TAKEN = 1;
const WAIT_MS = 1_000;

/** What threads hand each other to share the rooms. */
export interface SharedRooms {
  readonly memory: readonly SharedArrayBuffer[];
  /** One word a room, then a word that changes whenever one is freed or work is stopped, then the number of the stopped job. */
  readonly words: Int32Array;
}

/** Memory for parts, shared between threads so that nothing is copied. Its number bounds what is under way. */
export class PartRooms {
  readonly shared: SharedRooms;
  readonly #views: readonly Buffer[];
  readonly #count: number;

  constructor(shared: SharedRooms) {
    this.shared = shared;
    this.#count = shared.memory.length;
    this.#views = shared.memory.map((memory) => Buffer.from(memory));
  }

  static create(count: number): PartRooms {
    return new PartRooms({
      memory: Array.from({ length: count }, () => new SharedArrayBuffer(PART_ROOM_BYTES)),
      words: new Int32Array(new SharedArrayBuffer(4 * (count + 2))),
    });
  }

  /** Index of a room that is now the caller's; blocks its thread until one is free. Null when the job was stopped meanwhile. */
  take(job: number): number | null {
    const { words } = this.shared;
    for (;;) {
      const change = Atomics.load(words, this.#count);
      if (this.isStopped(job)) return null;
      for (let room = 0; room < this.#count; room++) {
        if (Atomics.compareExchange(words, room, FREE, TAKEN) === FREE) return room;
      }
      Atomics.wait(words, this.#count, change, WAIT_MS);
    }
  }

  free(room: number): void {
    Atomics.store(this.shared.words, room, FREE);
    this.#wake();
  }

  /** The job and those before it are given up. */
  stop(job: number): void {
    Atomics.store(this.shared.words, this.#count + 1, job);
    this.#wake();
  }

  isStopped(job: number): boolean {
    return Atomics.load(this.shared.words, this.#count + 1) >= job;
  }

  /** The first bytes of a room. */
  bytes(room: number, sizeBytes = PART_ROOM_BYTES): Buffer {
    const view = this.#views[room];
    if (view === undefined) throw new RangeError(`there is no room ${room}`);
    return view.subarray(0, sizeBytes);
  }

  #wake(): void {
    Atomics.add(this.shared.words, this.#count, 1);
    Atomics.notify(this.shared.words, this.#count);
  }
}
