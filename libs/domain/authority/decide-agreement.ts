import type { OfficerRole } from '#domain/custody';
import type { Decision } from './decide.js';
import { deny } from './denial.js';
import type { ActingOfficer } from './facts.js';

/**
 * What is done with an agreement: `draft` is to lay a text before the parties; `bind` is to hand in what the agency's own key signed, its
 * signature or its word; `appoint` is to say who leads and administers for the agency.
 */
export type AgreementAct = 'draft' | 'bind' | 'appoint';

const ROLES_FOR: Readonly<Record<AgreementAct, readonly OfficerRole[]>> = {
  draft: ['prosecutor', 'agency-admin'],
  bind: ['agency-admin'],
  appoint: ['agency-admin'],
};

/** Whether an officer may do this for their agency, once it is a party. */
export function decideAgreement(act: AgreementAct, actor: ActingOfficer): Decision {
  if (!actor.certified) return deny('officer-not-certified');
  const entitled = actor.roles.some((role) => ROLES_FOR[act].includes(role));
  return entitled ? { allowed: true, rule: 'own-agency' } : deny('role-not-entitled');
}
