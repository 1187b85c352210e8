import { createHash } from 'node:crypto';
import { Problem } from '#domain/contract';
import { canonicalJson } from '#domain/manifest';

/**
 * Strong entity tag of what has no version of its own: a digest of its representation (RFC 9110 §8.8.3), in canonical JSON: the
 * same view has the same tag in every process and whichever way it was kept.
 */
export function entityTagOf(view: unknown): string {
  return `"${createHash('sha256').update(canonicalJson(view)).digest('base64url').slice(0, 22)}"`;
}

/**
 * A change rests on what its sender saw. To be called where the thing is locked, so that it cannot change after.
 * @param expected from If-Match
 * @throws Problem 'precondition-failed'
 */
export function mustStillBe(view: unknown, expected: string): void {
  if (entityTagOf(view) !== expected) throw new Problem('precondition-failed');
}
