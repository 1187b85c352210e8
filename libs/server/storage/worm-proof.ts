import { randomBytes, randomUUID } from 'node:crypto';
import type { EvidenceStore } from './evidence-store.js';
import { StoreError } from './store-error.js';

/** Long against a store that is slow: a lock shortened to what has passed already is refused for another reason. */
const LOCK_MS = 600_000;

/** Where self-tests write. */
export const SELF_TEST_PREFIX = 'self-test/';

/**
 * Puts an object, locks it for ten minutes, and attacks the lock: removal, a shorter lock, and whatever else the adapter
 * knows of. The object must be there after it all, as it was. It goes when its time is over, if this process still
 * lives then.
 * @throws StoreError 'not-worm' · whatever kept the test itself from running
 */
export async function proveWorm(
  store: EvidenceStore,
  now: Date,
  furtherAttacks: (key: string, versionId: string) => readonly (() => Promise<unknown>)[] = () => [],
): Promise<void> {
  const key = `${SELF_TEST_PREFIX}${randomUUID()}`;
  const bytes = randomBytes(32);
  const { versionId } = await store.putObject(key, bytes);
  const until = new Date(now.getTime() + LOCK_MS);
  await store.retain(key, versionId, until);
  await mustBeRefused('removed', () => store.remove(key, versionId));
  await mustBeRefused('shortened', () => store.retain(key, versionId, new Date(until.getTime() - LOCK_MS / 2)));
  for (const attack of furtherAttacks(key, versionId)) await mustBeRefused('broken by force', attack);
  const held = await store.retention(key, versionId);
  if (held === null || held < until) throw new StoreError('not-worm', 'the store lost a lock');
  const kept = await store.getObject(key, versionId);
  if (!bytes.equals(kept)) throw new StoreError('not-worm', 'the store changed a locked object');
  setTimeout(() => void store.remove(key, versionId).catch(() => undefined), LOCK_MS + 2000).unref();
}

async function mustBeRefused(what: string, attack: () => Promise<unknown>): Promise<void> {
  try {
    await attack();
  } catch (error) {
    if (error instanceof StoreError && (error.code === 'locked' || error.code === 'denied')) return;
    throw error;
  }
  throw new StoreError('not-worm', `the store let a locked object be ${what}`);
}
