import { setImmediate } from 'node:timers/promises';

/** Items looked at before others get their turn: some milliseconds of work. */
const AT_A_TIME = 500;

/** Goes through a list that may be long, in its order, so that the process answers others meanwhile. */
export async function byTurns<Item>(items: readonly Item[], visit: (item: Item, at: number) => void): Promise<void> {
  for (const [at, item] of items.entries()) {
    if (at > 0 && at % AT_A_TIME === 0) await setImmediate();
    visit(item, at);
  }
}
