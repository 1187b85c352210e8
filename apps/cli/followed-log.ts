import { ApiError } from '#client/api';
import { followSuccessor, headHeldBy, type PublicLog } from '#client/log';
import { type Profile, withSuccessor } from '#client/profile';
import {
  type LogPolicy,
  openNote,
  parseVerifierKey,
  ProofError,
  type Successor,
  type TreeHead,
  type VerifierKey,
} from '#domain/merkle';
import { PinnedWitnesses } from './pinned-witnesses.js';
import type { Session } from './session.js';
import { seenHeads } from './watched-log.js';

/**
 * The profile as it is to be relied on now: where the log that is pinned has ended and named its successor, and that holds, the pin moves to
 * the successor, with the witnesses that are trusted; the person is told, and the old key is kept. Where nothing says so nothing changes, and
 * the other log is refused as ever.
 * @throws SuccessionError saying what of the succession does not hold; ApiError
 */
export async function followedLog(session: Session, profile: Profile): Promise<Profile> {
  const pinned = profile.pins.logVerifierKey;
  if (pinned === null) return profile;
  const key = parseVerifierKey(pinned);
  const log = session.publicLog(profile.api);
  const current = await orNull(() => log.checkpoint());
  if (current === null || !isOfAnother(current, key)) return profile;
  const statement = await orNull(() => log.succession());
  if (statement === null) return profile;
  const witnesses = new PinnedWitnesses(session.home, key.name);
  const witnessing = witnesses.policy(key);
  const successor = followSuccessor(statement, current, {
    ...{ key, witnessing },
    seen: lastSeen(session, key),
    held: await heldBy(session, witnessing, key.name),
  });
  witnesses.copyTo(new PinnedWitnesses(session.home, successor.origin));
  const followed = withSuccessor(profile, successor, statement, new Date());
  const home = session.home.officer(profile.officer.email);
  if (home.readProfile() !== null) home.writeProfile(followed);
  tell(session, key, successor, witnessing);
  return followed;
}

/** Whether no signature of the pinned key is there. A bad one is not another log's: it is refused where the head is verified. */
function isOfAnother(note: Uint8Array, key: VerifierKey): boolean {
  try {
    openNote(note, [key]);
    return false;
  } catch (error) {
    return error instanceof ProofError && error.code === 'no-known-signature';
  }
}

function lastSeen({ home }: Session, { name }: VerifierKey): TreeHead | null {
  return seenHeads(home.headsPath(name)).at(-1) ?? null;
}

/** Asked of the witnesses themselves: of what the platform shows in their name its own word would be the proof. */
async function heldBy(
  session: Session,
  witnessing: LogPolicy | null,
  origin: string,
): Promise<Map<VerifierKey, Uint8Array | null>> {
  const asked = (witnessing?.witnesses ?? []).map(async ({ key, url }) => {
    const note = url === undefined ? null : await session.ask((send) => headHeldBy(send, url, origin));
    return [key, note] as const;
  });
  return new Map(await Promise.all(asked));
}

function tell({ output }: Session, { name }: VerifierKey, successor: Successor, witnessing: LogPolicy | null): void {
  const { retired, origin } = successor;
  const by =
    witnessing === null
      ? 'No witness is pinned here: this rests on its key alone, so compare it with what was made known to you'
      : 'The witnesses that are pinned here confirm the head that it ended with, and are trusted for its successor too';
  output.note(
    `The log ${output.shown(name)} has ended at ${retired.size} entries and named ${output.shown(origin)} as its successor, signed with the key that was pinned. ${by}. The old key is kept with the profile.`,
  );
}

/** What the platform has not got, or is not there, is null. */
async function orNull(read: () => ReturnType<PublicLog['checkpoint']>): Promise<Uint8Array | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ApiError && error.failure.kind === 'bad-answer') return null;
    throw error;
  }
}
