import { type Api, isProblem } from '#client/api';
import { type Profile, ProfileError, refreshProfile } from '#client/profile';
import type { AgreementView, OfficerView, WrappedAgencyKeys } from '#domain/contract';
import { followedLog } from './followed-log.js';
import type { Session } from './session.js';

/**
 * What the platform says now of the officer, the agency and its partners.
 * @throws ProfileError 'pinned-key-changed' when it says another key than before
 */
export async function askProfile(
  api: Api,
  origin: string,
  before: Profile | null,
  acceptNewKeys = false,
): Promise<Profile> {
  const [platform, me] = await Promise.all([api.platform(), api.directory.whoAmI()]);
  const agencyKeys = mayHaveAgencyKeys(me.officer) ? await wrappedAgencyKeys(api) : null;
  const agreements: AgreementView[] = [];
  for await (const agreement of api.directory.agreements())
    // What is still negotiated binds nobody.
    if (agreement.instrument !== null) agreements.push(agreement);
  return refreshProfile({ api: origin, platform, ...me, agreements, agencyKeys }, before, acceptNewKeys);
}

/** The profile, asked for anew and kept. */
export async function freshProfile(session: Session): Promise<Profile> {
  const before = session.profile();
  const ask = (known: Profile) => askProfile(session.api(), known.api, known);
  const profile = await ask(before).catch(async (refusal: unknown) => {
    if (!(refusal instanceof ProfileError) || refusal.code !== 'pinned-key-changed') throw refusal;
    // The log may have ended, and named the one that is served now.
    const followed = await followedLog(session, before);
    if (followed === before) throw refusal;
    return ask(followed);
  });
  session.officerHome().writeProfile(profile);
  return profile;
}

/** Asking for what one is not to have would be on the record, and in the auditors' queue. */
function mayHaveAgencyKeys({ keyState, roles }: OfficerView): boolean {
  return (keyState === 'certified' && roles.some((role) => role !== 'defence')) || roles.includes('agency-admin');
}

/** Null while the agency has no keys, or for an officer who is not to have them. */
async function wrappedAgencyKeys(api: Api): Promise<WrappedAgencyKeys | null> {
  try {
    return await api.directory.agencyKeys();
  } catch (error) {
    if (isProblem(error, 'not-found') || isProblem(error, 'forbidden') || isProblem(error, 'conflict')) return null;
    throw error;
  }
}
