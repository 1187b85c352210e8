import { randomUUID } from 'node:crypto';
import type { CustodyStatement } from '#domain/custody';
import type { AgencyId, CaseId, ExhibitId } from '#domain/evidence';
import { signingKey, type SigningKey } from '#domain/merkle';

/** A new id of whatever kind is wanted. */
export function newId<Id extends string>(): Id {
  return randomUUID() as string as Id;
}

/** Something that happened in a case: what tests of the record append when they do not care what. */
export function statementIn(caseId: CaseId, over: Partial<CustodyStatement> = {}): CustodyStatement {
  return {
    kind: 'exhibit-registered',
    chain: { kind: 'case', id: caseId },
    actor: { kind: 'platform', component: 'worker' },
    result: 'done',
    ...over,
  };
}

export const newCase = (): CaseId => newId<CaseId>();
export const newExhibit = (): ExhibitId => newId<ExhibitId>();
export const newAgency = (): AgencyId => newId<AgencyId>();

/** A log key of its own for a test, the same each time. */
export function testLogKey(origin = 'custody.example/log/test'): SigningKey {
  return signingKey(origin, 'ed25519', new Uint8Array(32).fill(7));
}
