import type { AgreementState } from '#domain/evidence';
import { type AgreementFacts } from './facts.js';

/** What decides in which state an agreement is: how far it is signed, its times, and where its parties stand. */
export interface AgreementStanding extends Pick<
  AgreementFacts,
  'parties' | 'validFrom' | 'validUntil' | 'suspended' | 'suspendedBy' | 'endedFor'
> {
  /** Parties that signed the text; all of them of a text that was in force. */
  readonly signedBy: readonly string[];
}

/**
 * The state an agreement is in now. It follows from what is so, and is kept nowhere: what all have signed is in force once its time has come
 * and until it is over, without anybody doing anything.
 */
export function agreementStateAt(standing: AgreementStanding, now: Date): AgreementState {
  const { parties, signedBy, suspended, suspendedBy, endedFor, validFrom, validUntil } = standing;
  const bound = parties.filter((party) => !endedFor.includes(party));
  if (now >= validUntil || bound.length < 2) return 'ended';
  if (signedBy.length === 0) return 'draft';
  if (signedBy.length < parties.length || now < validFrom) return 'signing';
  return suspended || bound.filter((party) => !suspendedBy.includes(party)).length < 2 ? 'suspended' : 'in-force';
}
