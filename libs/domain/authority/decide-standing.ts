import type { Decision } from './decide.js';
import { deny } from './denial.js';
import type { ActingOfficer } from './facts.js';

/**
 * What an officer is asked to be before a route is theirs at all, whatever it goes on to decide of the thing asked for:
 * `known`, somebody of an agency, certified or about to be; `member`, certified, with a role in the agency's own work;
 * `key-holder`, a member, or who administers the agency and certifies its first members; `overseer`, a certified auditor.
 */
export type Standing = 'known' | 'member' | 'key-holder' | 'overseer';

/** Whether an officer has the standing that a route asks for. Defence alone is no part of an agency's own work. */
export function decideStanding(standing: Standing, actor: ActingOfficer): Decision {
  const allowed: Decision = { allowed: true, rule: 'own-agency' };
  if (standing === 'known') return allowed;
  if (standing === 'key-holder' && actor.roles.includes('agency-admin')) return allowed;
  if (!actor.certified) return deny('officer-not-certified');
  if (standing === 'overseer')
    return actor.roles.includes('auditor') ? { allowed: true, rule: 'oversight' } : deny('role-not-entitled');
  return actor.roles.some((role) => role !== 'defence') ? allowed : deny('role-not-entitled');
}
