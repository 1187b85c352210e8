/** Items that one commit takes, at most; more wait for the next. */
const GROUP_LIMIT = 512;

interface Waiting<Item, Outcome> {
  readonly item: Item;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Many small commits as few: what arrives while one runs shares the next, so that throughput is not one flush to disk an item. An item is
 * covered by a run that begins after it was given, never by one already under way. Items of one lane commit together or fail together,
 * unless one of them is to blame: then each is tried alone.
 */
export class GroupCommit<Item, Outcome> {
  private readonly lanes = new Map<string, Waiting<Item, Outcome>[]>();

  /**
   * @param laneOf items of different lanes never share a commit
   * @param commit makes the items of one lane durable, all or none; outcomes in the order of the items
   */
  constructor(
    private readonly laneOf: (item: Item) => string,
    private readonly commit: (items: readonly Item[]) => Promise<readonly Outcome[]>,
  ) {}

  /** Resolves when the item is durable. */
  add(item: Item): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const lane = this.laneOf(item);
      const waiting = this.lanes.get(lane);
      if (waiting) {
        waiting.push({ item, resolve, reject });
        return;
      }
      this.lanes.set(lane, [{ item, resolve, reject }]);
      void this.drain(lane);
    });
  }

  private async drain(lane: string): Promise<void> {
    for (;;) {
      const group = this.lanes.get(lane)?.splice(0, GROUP_LIMIT) ?? [];
      if (group.length === 0) break;
      await this.settle(group);
    }
    this.lanes.delete(lane);
  }

  private async settle(group: readonly Waiting<Item, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.commit(group.map(({ item }) => item));
      for (const [position, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[position];
        if (outcome === undefined) reject(new Error('a commit told no outcome'));
        else resolve(outcome);
      }
    } catch (error) {
      if (group.length === 1) group[0]?.reject(error);
      else for (const one of group) await this.settle([one]);
    }
  }
}
