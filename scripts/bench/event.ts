import { randomUUID } from 'node:crypto';
import { AgencyId, CaseId } from '#domain/evidence';
import type { Entry } from '#server/custody';

const AGENCY = AgencyId.parse(randomUUID());

/** An event as a measurement records it, of a case that nothing else is known of. */
export function measuredEvent(caseId: CaseId): Entry {
  return {
    visibleTo: [AGENCY],
    answer: null,
    statement: {
      kind: 'record-read',
      chain: { kind: 'case', id: caseId },
      actor: { kind: 'platform', component: 'api' },
      purpose: 'measurement',
      result: 'done',
    },
  };
}

/** So many cases, as many offices would have open at once. */
export function openCases(count: number): CaseId[] {
  return Array.from({ length: count }, () => CaseId.parse(randomUUID()));
}

/** In turn, again and again. */
export function oneOf<Item>(items: readonly Item[], number: number): Item {
  const item = items[number % items.length];
  if (item === undefined) throw new RangeError('there is none');
  return item;
}
