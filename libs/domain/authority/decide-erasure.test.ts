import { describe, expect, it } from '@jest/globals';
import { type OfficerRole, whyKept } from '#domain/custody';
import { AgencyId, OfficerId } from '#domain/evidence';
import {
  decideErasureApproval,
  decideErasureProposal,
  decideErasureReading,
  decideErasureStanding,
  type ErasureFacts,
} from './decide-erasure.js';
import type { ActingOfficer } from './facts.js';

const officer = (n: number) => OfficerId.parse(`00000000-0000-4000-8000-00000000000${n}`);
const acting = (...roles: OfficerRole[]): ActingOfficer => ({
  ...{ officerId: officer(1), agencyId: AgencyId.parse('00000000-0000-4000-8000-0000000000aa') },
  ...{ state: 'LY', roles, certified: true },
});
const EVENT: ErasureFacts = {
  ...{ kind: 'access-refused', published: true, underHold: false, underReview: false, inUse: false },
  actedBy: officer(3),
};
const ALLOWED = { allowed: true, rule: 'own-agency' };
const refused = (rule: string) =>
  expect.objectContaining({ allowed: false, rule, source: expect.stringMatching(/\d/) });

describe('a proposal of an erasure', () => {
  it.each<[string, OfficerRole[], boolean]>([
    ['approver', ['approver'], true],
    ['administrator', ['agency-admin'], true],
    ['investigator', ['investigator'], false],
    ['prosecutor', ['prosecutor'], false],
    ['auditor', ['auditor'], false],
    ['defence', ['defence'], false],
    ['nobody', [], false],
  ])('by one who is %s', (_, roles, may) => {
    const expected = may ? ALLOWED : refused('role-not-entitled');
    expect(decideErasureProposal(EVENT, acting(...roles))).toEqual(expected);
    expect(decideErasureStanding(acting(...roles))).toEqual(expected);
  });

  it('is not for one without a certificate', () => {
    const actor = { ...acting('approver'), certified: false };
    for (const decision of [
      decideErasureProposal(EVENT, actor),
      decideErasureApproval(EVENT, officer(2), actor),
      decideErasureStanding(actor),
      decideErasureReading(actor),
    ])
      expect(decision).toEqual(refused('officer-not-certified'));
  });
});

describe('an approval of an erasure', () => {
  it('is by an approver, never by who proposed or did what goes', () => {
    expect(decideErasureApproval(EVENT, officer(2), acting('approver'))).toEqual(ALLOWED);
    expect(decideErasureApproval(EVENT, officer(2), acting('agency-admin'))).toEqual(refused('role-not-entitled'));
    expect(decideErasureApproval(EVENT, officer(1), acting('approver'))).toMatchObject({ rule: 'own-proposal' });
    expect(decideErasureApproval({ ...EVENT, actedBy: officer(1) }, officer(2), acting('approver'))).toEqual(
      refused('own-act'),
    );
  });
});

describe('what may be erased', () => {
  it.each<[Partial<ErasureFacts>, string]>([
    [{ kind: 'manifest-signed' }, 'event-not-erasable'],
    [{ kind: 'event-erased' }, 'event-not-erasable'],
    [{ published: false }, 'event-not-published'],
    [{ underHold: true }, 'event-under-hold'],
    [{ underReview: true }, 'event-under-review'],
    [{ inUse: true }, 'event-in-use'],
  ])('is nothing with %j', (otherwise, rule) => {
    const event = { ...EVENT, ...otherwise };
    expect(decideErasureProposal(event, acting('approver'))).toEqual(refused(rule));
    expect(decideErasureApproval(event, officer(2), acting('approver'))).toEqual(refused(rule));
  });

  it('is none of the events that prove an exhibit, tell of failures, keys, the log, oversight or an erasure', () => {
    for (const kind of [
      'manifest-signed',
      'file-stored',
      'exhibit-sealed',
      'check-failed',
      'exhibit-quarantined',
      'event-erased',
    ] as const)
      expect(whyKept(kind)).toEqual(expect.any(String));
    for (const kind of ['access-refused', 'grant-refused', 'exhibit-held', 'record-read'] as const)
      expect(whyKept(kind)).toBeNull();
  });
});

describe('seeing proposals', () => {
  it('is for who may propose, and for oversight', () => {
    expect(decideErasureReading(acting('approver'))).toEqual(ALLOWED);
    expect(decideErasureReading(acting('auditor'))).toEqual({ allowed: true, rule: 'oversight' });
    expect(decideErasureReading(acting('investigator'))).toEqual(refused('role-not-entitled'));
  });
});
