import type { Denial } from '#domain/authority';
import { Problem } from '#domain/contract';

/** A refusal as the API tells it: words, rule and the rule's source. On the record only once `Authority.refuse` put it there. */
export function refusal({ rule, because, source }: Denial): Problem {
  return new Problem(rule === 'own-proposal' ? 'own-proposal' : 'forbidden', because, { rule, source });
}

/** What `refusal` was made of; null for any other error. */
export function denialOf(error: unknown): Denial | null {
  if (!(error instanceof Problem) || error.extra.rule === undefined || error.extra.source === undefined) return null;
  const { rule, source } = error.extra;
  return { allowed: false, rule: rule as Denial['rule'], because: error.message, source };
}
