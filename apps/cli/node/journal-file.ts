import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { type JournalEntry, type JournalStore, type UploadState, encodeEntry, readJournal } from '#client/upload';
import { isSystemError } from './system-error.js';

/** A journal in a file of the officer's own. Entries that come at once share one flush. */
export class JournalFile implements JournalStore {
  readonly #handle: FileHandle;
  readonly #path: string;
  #waiting: string[] = [];
  #flushing: Promise<void> | undefined;

  private constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  /** What an interrupted upload left; null when there is none. @throws UploadError 'journal-corrupt' */
  static async read(path: string): Promise<UploadState | null> {
    try {
      return readJournal(await readFile(path, 'utf8'));
    } catch (cause) {
      if (isSystemError(cause, 'ENOENT')) return null;
      throw cause;
    }
  }

  /** Opens a journal to be written on, readable by its owner alone. What a crash left of a last line is cut off. */
  static async open(path: string): Promise<JournalFile> {
    const handle = await open(path, 'a+', 0o600);
    const text = await handle.readFile('utf8');
    const whole = Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1));
    await handle.truncate(whole);
    return new JournalFile(handle, path);
  }

  async append(entry: JournalEntry): Promise<void> {
    this.#waiting.push(encodeEntry(entry));
    // Who comes while a flush runs is in the next one, which begins when that has ended.
    const begun = this.#flushing;
    if (begun) await begun.catch(() => undefined);
    this.#flushing ??= this.#flush().finally(() => (this.#flushing = undefined));
    await this.#flushing;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** The upload is done: its keys are not needed again. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  async #flush(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    await this.#handle.appendFile(lines.join(''));
    await this.#handle.datasync();
  }
}
