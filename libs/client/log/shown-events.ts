import { CustodyEvent, commitmentOf, entryOf, toBase64 } from '#domain/custody';
import { leafHash, type Sha256 } from '#domain/merkle';

/** An event that its reader was shown, to be held against the log. */
export interface ShownEvent {
  readonly index: number;
  readonly salt: Uint8Array;
  readonly body: Uint8Array;
}

/** An event that its reader was shown as erased: its commitment is left. */
export interface ShownErasure {
  readonly index: number;
  readonly commitment: Uint8Array;
}

/** An event that was not met while the log was gone through: it lies beyond its head, or was shown out of order. */
export interface RemainingEvent {
  readonly index: number;
  readonly leafHash: Uint8Array;
}

/** As many are kept to be proven one by one; a log that runs on faster than it is checked is checked again. */
const MAX_REMAINING = 100_000;

type Shown = ShownEvent | ShownErasure;

/** Events as they come, in the order of the log, held against its leaves as they come: one of them in memory at a time, and the commitments of those erased. */
export class ShownEvents {
  /** How many were held against a leaf. */
  held = 0;
  readonly #events: AsyncIterator<Shown> | Iterator<Shown>;
  readonly #sha256: Sha256 | undefined;
  #next: Shown | null | undefined;
  #lastIndex = -1;
  /** Commitments of events shown as erased, with their index; and those that an event shown says were erased. */
  readonly #erased = new Map<string, number>();
  readonly #saidErased = new Set<string>();

  constructor(events: AsyncIterable<Shown> | Iterable<Shown>, sha256: Sha256 | undefined) {
    this.#events = Symbol.asyncIterator in events ? events[Symbol.asyncIterator]() : events[Symbol.iterator]();
    this.#sha256 = sha256;
  }

  /** @param leaf the hash that the log has at `index`; called for every index in turn @returns why not what was shown, or null */
  async fault(index: number, leaf: Uint8Array): Promise<string | null> {
    let fault: string | null = null;
    for (let event = await this.#peek(); event !== null && event.index <= index; event = await this.#peek()) {
      this.#next = undefined;
      if (event.index <= this.#lastIndex) fault = 'the events that were shown are not in the order of the log';
      this.#lastIndex = Math.max(this.#lastIndex, event.index);
      if (event.index < index) continue;
      this.held += 1;
      const shown = leafOf(event, this.#sha256);
      if (shown === null || !sameBytes(shown, leaf)) fault ??= 'the event that was shown is not the one in the log';
    }
    return fault;
  }

  /** What is left when the log has come to its end. @throws RangeError when there is no end to it */
  async rest(): Promise<readonly RemainingEvent[]> {
    const remaining: RemainingEvent[] = [];
    for (let event = await this.#peek(); event !== null; event = await this.#peek()) {
      this.#next = undefined;
      if (remaining.length >= MAX_REMAINING)
        throw new RangeError(`more than ${MAX_REMAINING} events were not met in the log`);
      remaining.push({ index: event.index, leafHash: leafOf(event, this.#sha256) ?? new Uint8Array(0) });
    }
    return remaining;
  }

  /** How many were shown as erased. */
  get erased(): number {
    return this.#erased.size;
  }

  /** Indexes of events that were shown as erased, while none that was shown says so. To be asked once all were shown. */
  unfounded(): number[] {
    return [...this.#erased].flatMap(([commitment, index]) => (this.#saidErased.has(commitment) ? [] : [index]));
  }

  /** Frees what gives the events, however the check ended. */
  async close(): Promise<void> {
    await this.#events.return?.();
  }

  async #peek(): Promise<Shown | null> {
    if (this.#next === undefined) {
      const next: IteratorResult<Shown, unknown> = await this.#events.next();
      this.#next = next.done === true ? null : next.value;
      if (this.#next !== null) this.#noteErasure(this.#next);
    }
    return this.#next;
  }

  #noteErasure(shown: Shown): void {
    if (!('body' in shown)) {
      this.#erased.set(toBase64(shown.commitment), shown.index);
      return;
    }
    const said = erasedBy(shown.body);
    if (said !== null) this.#saidErased.add(said);
  }
}

const DECODER = new TextDecoder();

/** The commitment that an event says was erased; null for any other event. */
function erasedBy(body: Uint8Array): string | null {
  const text = DECODER.decode(body);
  // As canonical JSON has it: reading each event of a large log as JSON would cost more than its hash.
  if (!text.includes('"kind":"event-erased"')) return null;
  try {
    return CustodyEvent.safeParse(JSON.parse(text)).data?.erasure?.commitment ?? null;
  } catch {
    return null;
  }
}

function leafOf(shown: Shown, sha256: Sha256 | undefined): Uint8Array | null {
  if (!('body' in shown)) return shown.commitment.length === 32 ? leafHash(entryOf(shown.commitment), sha256) : null;
  const { salt, body } = shown;
  return salt.length === 32 ? leafHash(entryOf(commitmentOf(salt, body)), sha256) : null;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
