import type { Decision } from './decide.js';
import { deny } from './denial.js';
import type { ActingOfficer } from './facts.js';

/** Who may bring evidence in for their agency: register, sign and upload it. A certified investigator or prosecutor. */
export function decideIntake(actor: ActingOfficer): Decision {
  if (!actor.certified) return deny('officer-not-certified');
  if (!actor.roles.some((role) => role === 'investigator' || role === 'prosecutor')) return deny('role-not-entitled');
  return { allowed: true, rule: 'own-agency' };
}
