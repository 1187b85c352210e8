/**
 * Does the work for each item, several at a time, started in order. The first that fails ends it: nothing more is started,
 * what is under way is waited for, then its error is thrown.
 */
export async function inParallel<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const open = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const item of items) {
    const done: Promise<void> = work(item)
      .catch((cause: unknown) => void failures.push(cause))
      .finally(() => open.delete(done));
    open.add(done);
    while (open.size >= limit) await Promise.race(open);
    if (failures.length > 0) break;
  }
  await Promise.all(open);
  if (failures.length > 0) throw failures[0];
}
