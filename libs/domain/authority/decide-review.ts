import type { OfficerId } from '#domain/evidence';
import type { Decision } from './decide.js';
import { decideStanding } from './decide-standing.js';
import { deny } from './denial.js';
import type { ActingOfficer } from './facts.js';

/**
 * Who works the audit queue: a certified auditor, never on what they did themselves.
 * @param about who did what the review is about; null when that was no officer, or when no one review is asked for
 */
export function decideReview(actor: ActingOfficer, about: OfficerId | null): Decision {
  const standing = decideStanding('overseer', actor);
  if (!standing.allowed) return standing;
  return about === actor.officerId ? deny('own-event') : standing;
}
