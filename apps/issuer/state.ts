import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly payload: AdapterPayload;
  /** Milliseconds since the epoch; absent: never. */
  readonly expiresAt?: number;
}

/** Records of the issuer's own of one kind. What has expired is not there. */
export interface Records<T extends object> {
  /** Known on return of the call, durable on return of the promise. */
  put(id: string, record: T, expiresInSeconds?: number): Promise<void>;
  find(id: string): T | undefined;
  all(): readonly T[];
  /** Finds and removes in one: of several who ask at once one gets it. */
  take(id: string): T | undefined;
  remove(id: string): Promise<void>;
}

const slackLines = 1_000;
const clockToleranceMs = 15_000;

/**
 * Sessions, grants and refresh tokens: in memory, and line by line in a journal, so that they survive a restart of the issuer,
 * kill -9 included (not a loss of power: then people sign in again). For one process, and as many people as a demo has.
 */
export class IssuerState {
  private readonly entries = new Map<string, Entry>();
  private lines = 0;
  private writing: Promise<void> = Promise.resolve();

  private constructor(private readonly file: string) {}

  static async open(folder: string): Promise<IssuerState> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const state = new IssuerState(join(folder, 'state.jsonl'));
    state.replay(await readFile(state.file, 'utf8').catch(() => ''));
    await state.compact();
    return state;
  }

  /** What oidc-provider asks for, once for each kind of record. */
  adapter(kind: string): Adapter {
    const keyOf = (id: string): string => `${kind} ${id}`;
    return {
      upsert: (id, payload, expiresInSeconds) => {
        const expiresAt = expiresInSeconds && Date.now() + expiresInSeconds * 1000 + clockToleranceMs;
        return this.put(keyOf(id), { payload, ...(expiresAt && { expiresAt }) });
      },
      find: (id) => Promise.resolve(this.live(keyOf(id))),
      findByUid: (uid) => Promise.resolve(this.search(kind, (payload) => payload.uid === uid)),
      findByUserCode: (userCode) => Promise.resolve(this.search(kind, (payload) => payload.userCode === userCode)),
      consume: async (id) => {
        const entry = this.entries.get(keyOf(id));
        if (!entry) return;
        const payload = { ...entry.payload, consumed: Math.floor(Date.now() / 1000) };
        await this.put(keyOf(id), { ...entry, payload });
      },
      destroy: (id) => this.remove([keyOf(id)]),
      revokeByGrantId: (grantId) => {
        const keys = [...this.entries].filter(
          ([key, { payload }]) => key.startsWith(`${kind} `) && payload.grantId === grantId,
        );
        return this.remove(keys.map(([key]) => key));
      },
    };
  }

  /** A kind must be none of oidc-provider's. */
  records<T extends object>(kind: string): Records<T> {
    const keyOf = (id: string): string => `${kind} ${id}`;
    const recordOf = (payload: AdapterPayload | undefined) => payload as T | undefined;
    return {
      put: (id, record, expiresInSeconds) => {
        const expiresAt = expiresInSeconds && Date.now() + expiresInSeconds * 1000;
        return this.put(keyOf(id), { payload: record as AdapterPayload, ...(expiresAt && { expiresAt }) });
      },
      find: (id) => recordOf(this.live(keyOf(id))),
      all: () =>
        [...this.entries]
          .filter(([key, entry]) => key.startsWith(`${kind} `) && !isExpired(entry))
          .map(([, { payload }]) => payload as T),
      take: (id) => {
        const found = recordOf(this.live(keyOf(id)));
        if (found) void this.remove([keyOf(id)]);
        return found;
      },
      remove: (id) => this.remove([keyOf(id)]),
    };
  }

  private live(key: string): AdapterPayload | undefined {
    const entry = this.entries.get(key);
    return entry && !isExpired(entry) ? entry.payload : undefined;
  }

  private search(kind: string, matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const [key, entry] of this.entries) {
      if (key.startsWith(`${kind} `) && !isExpired(entry) && matches(entry.payload)) return entry.payload;
    }
    return undefined;
  }

  private async put(key: string, entry: Entry): Promise<void> {
    this.entries.set(key, entry);
    await this.write([[key, entry]]);
  }

  private async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.entries.delete(key);
    await this.write(keys.map((key) => [key, null]));
  }

  // One write at a time, in the order of the calls.
  private async write(records: readonly (readonly [string, Entry | null])[]): Promise<void> {
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    const written = this.writing.then(async () => {
      await appendFile(this.file, text, { mode: 0o600 });
      this.lines += records.length;
      if (this.lines > 2 * this.entries.size + slackLines) await this.compact();
    });
    this.writing = written.catch(() => undefined);
    await written;
  }

  private async compact(): Promise<void> {
    for (const [key, entry] of this.entries) if (isExpired(entry)) this.entries.delete(key);
    const lines = [...this.entries].map((record) => `${JSON.stringify(record)}\n`);
    await writeFile(`${this.file}.new`, lines.join(''), { mode: 0o600 });
    await rename(`${this.file}.new`, this.file);
    this.lines = lines.length;
  }

  private replay(journal: string): void {
    for (const line of journal.split('\n')) {
      let record: readonly [string, Entry | null];
      try {
        record = JSON.parse(line) as typeof record;
      } catch {
        // The last line of a process that was killed while writing, or the end.
        continue;
      }
      const [key, entry] = record;
      if (entry) this.entries.set(key, entry);
      else this.entries.delete(key);
    }
  }
}

function isExpired({ expiresAt }: Entry): boolean {
  return expiresAt !== undefined && expiresAt < Date.now();
}
