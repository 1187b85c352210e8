import { type ActingOfficer, decide, type Denial, deny } from '#domain/authority';
import { exhibitFacts, type ExhibitInCase, grantById } from '#server/authority';
import type { Transaction } from '#server/database';
import type { Retrieval } from './retrieval.entity.js';

/** Why bytes may not flow under a retrieval any more: the rule that now denies it, or its own end. */
export type Ended =
  | { readonly kind: 'denied'; readonly denial: Denial; readonly exhibit: ExhibitInCase | null }
  | { readonly kind: 'expired' | 'cut' };

/**
 * Whether a retrieval still stands, decided anew from what is so at this moment: the officer, the exhibit, the very grant that it
 * was authorised by, and the agreement behind that.
 * @returns null while it stands
 */
export async function endOf(
  tx: Transaction,
  actor: ActingOfficer,
  retrieval: Retrieval,
  now: Date,
): Promise<Ended | null> {
  if (now >= retrieval.expiresAt) return { kind: 'expired' };
  const exhibit = await exhibitFacts(tx, retrieval.exhibitId);
  if (!exhibit) return { kind: 'denied', denial: deny('no-grant'), exhibit };
  const grant = retrieval.grantId && (await grantById(tx, retrieval.grantId));
  const { act, purpose } = retrieval;
  const decision = decide({ act, actor, exhibit, grants: grant ? [grant] : [], purpose }, now);
  if (!decision.allowed) return { kind: 'denied', denial: decision, exhibit };
  return retrieval.cutAt ? { kind: 'cut' } : null;
}
