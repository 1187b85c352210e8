import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseStrictJson } from '#domain/manifest';
import { base64, SeenConflict } from './seen-conflict.js';
import { replaceFile, UNFINISHED } from './durable-file.js';
import { CONFLICTS_AT_MOST } from './limits.js';

/** The conflicts that were seen, a file each, so that they can be handed out and copied away as they are. */
export class ConflictShelf {
  readonly #folder: string;
  /** By id, in the order they were seen. */
  readonly #conflicts: Map<string, SeenConflict>;

  private constructor(folder: string, conflicts: readonly SeenConflict[]) {
    this.#folder = folder;
    this.#conflicts = new Map(conflicts.map((conflict) => [conflict.id, conflict]));
  }

  /** @param unreadable told the name of a file that is no conflict: it is left where it is, and does not stop the witness */
  static async open(dataFolder: string, unreadable: (name: string) => void): Promise<ConflictShelf> {
    const folder = join(dataFolder, 'conflicts');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const conflicts: SeenConflict[] = [];
    for (const name of await readdir(folder)) {
      if (name.endsWith(UNFINISHED)) {
        await rm(join(folder, name));
        continue;
      }
      try {
        conflicts.push(SeenConflict.parse(parseStrictJson(await readFile(join(folder, name)))));
      } catch {
        unreadable(name);
      }
    }
    return new ConflictShelf(
      folder,
      conflicts.sort((a, b) => a.seenAt.localeCompare(b.seenAt)),
    );
  }

  list(): SeenConflict[] {
    return [...this.#conflicts.values()];
  }

  get(id: string): SeenConflict | undefined {
    return this.#conflicts.get(id);
  }

  /**
   * Keeps a conflict, durable on return. Of forks the first ones are kept, of what is only suspected the last ones: strangers can
   * make more of the latter, and neither may fill the disk.
   * @returns whether it is new
   */
  async keep(conflict: SeenConflict): Promise<boolean> {
    if (this.#conflicts.has(conflict.id)) return false;
    const alike = this.list().filter(({ kind, origin }) => kind === conflict.kind && origin === conflict.origin);
    if (alike.length >= CONFLICTS_AT_MOST) {
      const [oldest] = alike;
      if (conflict.kind === 'fork' || oldest === undefined) return false;
      await this.#remove(oldest);
    }
    await replaceFile(this.#file(conflict), Buffer.from(`${JSON.stringify(conflict, null, 2)}\n`), 'conflict');
    this.#conflicts.set(conflict.id, conflict);
    return true;
  }

  /** A head was shown to have grown as it should: what was suspected of it is not so. */
  async clear({ origin, size, root }: { origin: string; size: number; root: Uint8Array }): Promise<void> {
    const cleared = this.list().filter(
      ({ kind, shown, origin: of }) =>
        kind === 'unproven-growth' && of === origin && shown.size === size && shown.root === base64(root),
    );
    for (const conflict of cleared) await this.#remove(conflict);
  }

  async #remove(conflict: SeenConflict): Promise<void> {
    await rm(this.#file(conflict), { force: true });
    this.#conflicts.delete(conflict.id);
  }

  #file({ id }: SeenConflict): string {
    return join(this.#folder, `${id}.json`);
  }
}
