import { type AgencyKeyBundle, identitiesOf } from '#client/keystore';
import { rewrapFileKeys, ShareError } from '#client/share';
import type { HeldFileKey, RewrapFileKeys, Rewrapped } from '#domain/contract';
import type { AgencyKeys } from '#domain/manifest';
import type { Aead } from '#domain/sealing';

/** What the platform has that waits to be wrapped anew. */
export interface HeldKeys {
  staleFileKeys(): AsyncIterable<HeldFileKey>;
  rewrapFileKeys(body: RewrapFileKeys): Promise<Rewrapped>;
}

const BATCH = 100;

/**
 * Wraps to the keys in use what is wrapped to keys that were left: what the agency holds, and what live grants give it. May be interrupted and
 * begun again: what is done is asked for no more.
 * @param done after each batch, how many there were so far
 * @returns how many were wrapped, and which do not open here
 */
export async function rewrapHeld(
  held: HeldKeys,
  { bundle, keys }: { readonly bundle: AgencyKeyBundle; readonly keys: AgencyKeys },
  aead: Aead,
  done: (count: number) => void = () => undefined,
): Promise<{ rewrapped: number; closed: readonly HeldFileKey[] }> {
  const identities = identitiesOf(bundle);
  const closed: HeldFileKey[] = [];
  let [rewrapped, batch]: [number, HeldFileKey[]] = [0, []];
  const send = async () => {
    if (batch.length === 0) return;
    await held.rewrapFileKeys({ epoch: keys.epoch, fileKeys: batch });
    rewrapped += batch.length;
    batch = [];
    done(rewrapped);
  };
  for await (const key of held.staleFileKeys()) {
    const header = openedAnew(key, identities, keys, aead);
    if (header === null) closed.push(key);
    else batch.push({ ...key, header });
    if (batch.length >= BATCH) await send();
  }
  await send();
  return { rewrapped, closed };
}

/** Null when it does not open here: then it waits, for who can open it. */
function openedAnew(
  { fileId, header }: HeldFileKey,
  identities: readonly string[],
  keys: AgencyKeys,
  aead: Aead,
): string | null {
  try {
    const [wrapped] = rewrapFileKeys([{ id: fileId, header, sealedSizeBytes: 0 }], identities, keys, aead);
    return wrapped?.header ?? null;
  } catch (error) {
    if (error instanceof ShareError) return null;
    throw error;
  }
}
