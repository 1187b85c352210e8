/**
 * Makes many small commits cost few slow ones: whoever arrives while one runs shares the next. An item that was given
 * before a run began is covered by that run, never by one already under way.
 */
export class GroupCommit<Item> {
  private waiting: { item: Item; resolve: () => void; reject: (error: unknown) => void }[] = [];
  private running = false;

  constructor(private readonly commit: (items: Item[]) => Promise<void>) {}

  /** Resolves when a commit that covers the item is done; rejects when that commit failed. */
  add(item: Item): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) {
      const group = this.waiting;
      this.waiting = [];
      try {
        await this.commit(group.map(({ item }) => item));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.running = false;
  }
}
