import { type Denial, deny } from './denial.js';
import type { GrantFacts } from './facts.js';
import { isStated } from './purpose.js';

/** What a grant, proposed or given, has that matters at the gate of third states. */
export type AtTheGate = Pick<GrantFacts, 'fromAgencyId' | 'toAgencyId' | 'agreement' | 'necessity'>;

/** Whether one of its sides is a party that the agreement marks as of a third state, now: an amendment may mark it later. */
export function crossesThirdState({ fromAgencyId, toAgencyId, agreement }: AtTheGate): boolean {
  const third = agreement?.thirdStateParties ?? [];
  return third.includes(fromAgencyId) || third.includes(toAgencyId);
}

/** Null unless it is to or from a third state and says nothing of why it is necessary: the check that who uploads it makes. */
export function denialByNecessity(grant: AtTheGate): Denial | null {
  return crossesThirdState(grant) && !isStated(grant.necessity) ? deny('third-state-necessity-missing') : null;
}

/** Null unless it waits at the gate. */
export function denialByThirdState(grant: AtTheGate & Pick<GrantFacts, 'releasedBy'>): Denial | null {
  return crossesThirdState(grant) && grant.releasedBy === null ? deny('third-state-release-missing') : null;
}
