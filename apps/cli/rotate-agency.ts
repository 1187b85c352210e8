import { rewrapHeld, rotateAgencyKeys } from '#client/directory';
import type { AgencyKeyBundle } from '#client/keystore';
import { ownAgencyKeys } from '#client/profile';
import type { AgencyKeys } from '#domain/manifest';
import { recipientOf } from '#domain/sealing';
import { officersOf } from './find-officer.js';
import { nodeAead } from './node/aead.js';
import { freshProfile } from './refresh.js';
import type { Session } from './session.js';

/** What became of a change of keys. */
export interface Rotated {
  readonly agencyId: string;
  readonly epoch: number;
  readonly fileKeys: number;
  /** File keys that none of the agency's keys opens. */
  readonly closed: readonly string[];
}

/** Has new keys follow the agency's, for those who are there now, and wraps to them what must stay readable. */
export async function rotate(session: Session): Promise<Rotated> {
  const { agency } = await freshProfile(session);
  const bundle = await session.agencyKeys();
  const officers = await officersOf(session.api());
  const own = recipientOf((await session.keys()).identity);
  const rotation = await rotateAgencyKeys({ statement: agency.statement, bundle, officers, own }, new Date());
  await session.api().directory.rotateAgencyKeys(agency.id, rotation.body);
  await freshProfile(session);
  return rewrap(session, rotation);
}

/** What a change of keys that was interrupted left to be done. */
export async function finishRotation(session: Session): Promise<Rotated> {
  const profile = await freshProfile(session);
  return rewrap(session, { bundle: await session.agencyKeys(), keys: await ownAgencyKeys(profile) });
}

async function rewrap(
  session: Session,
  keys: { readonly bundle: AgencyKeyBundle; readonly keys: AgencyKeys },
): Promise<Rotated> {
  const { rewrapped, closed } = await rewrapHeld(session.api().directory, keys, nodeAead);
  const { agencyId, epoch } = keys.keys;
  return { agencyId, epoch, fileKeys: rewrapped, closed: closed.map(({ fileId }) => fileId) };
}

export function tellRotation({ output }: Session, { epoch, fileKeys, closed }: Rotated): string {
  return output.fields({
    epoch: String(epoch),
    'file keys wrapped anew': String(fileKeys),
    ...(closed.length > 0 && { 'that do not open': closed.join(' ') }),
  });
}
