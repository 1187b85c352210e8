import { Injectable } from '@nestjs/common';
import { type Act, type ActingOfficer, decide, type Denial } from '#domain/authority';
import { Problem } from '#domain/contract';
import type { OfficerRole } from '#domain/custody';
import type { AgencyId, CaseId, ExhibitId, GrantId } from '#domain/evidence';
import { Custody, type Entry } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { Outbox } from '#server/outbox';
import { exhibitFacts, type ExhibitInCase, grantsReaching } from './facts.js';

/** What an allowed act rests on. */
export interface Authorised {
  readonly exhibit: ExhibitInCase;
  readonly rule: string;
  readonly grantId: GrantId | null;
}

/** Brings the facts before `decide()` and keeps its refusals on the record. */
@Injectable()
export class Authority {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Whether the officer may do this now. A refusal is an event before it is an answer.
   * @throws Problem 'not-found' when the exhibit is not theirs to know of, 'forbidden' with rule and source when refused
   */
  async require(
    actor: ActingOfficer,
    act: Act,
    exhibitId: ExhibitId,
    purpose: string | null = null,
  ): Promise<Authorised> {
    const found = await this.database.asOfficer(actor, (tx) => this.decideIn(tx, actor, act, exhibitId, purpose));
    if (!('denial' in found)) return found;
    await this.recordRefusal(actor, act, found.exhibit, purpose, found.denial);
    throw refusal(found.denial);
  }

  /** The same inside a transaction already begun, for a check again at the moment of the write; records nothing. */
  async requireIn(
    tx: Transaction,
    actor: ActingOfficer,
    act: Act,
    exhibitId: ExhibitId,
    purpose: string | null = null,
  ): Promise<Authorised> {
    const found = await this.decideIn(tx, actor, act, exhibitId, purpose);
    if ('denial' in found) throw refusal(found.denial);
    return found;
  }

  /** Puts a refusal on the record, with a review for the auditors, durable on return. */
  async recordRefusal(
    actor: ActingOfficer,
    act: string,
    exhibit: { exhibitId?: ExhibitId; caseId: CaseId; agencyId: AgencyId },
    purpose: string | null,
    denial: Denial,
  ): Promise<void> {
    const refused: Entry = {
      visibleTo: [exhibit.agencyId],
      statement: {
        kind: 'access-refused',
        chain: { kind: 'case', id: exhibit.caseId },
        ...(exhibit.exhibitId && { exhibitId: exhibit.exhibitId }),
        actor: { kind: 'officer', officerId: actor.officerId, agencyId: actor.agencyId, role: roleOf(actor) },
        ...(purpose && { purpose }),
        authority: { rule: denial.rule },
        result: 'refused',
        reason: denial.because,
        detail: { act },
      },
    };
    // In one transaction: a refusal without its review would never be looked at.
    await this.database.asPlatform(async (tx) => {
      for (const { id } of await this.custody.append(tx, [refused])) {
        await this.outbox.ask(tx, 'review-event', id, { eventId: id });
      }
    });
  }

  private async decideIn(
    tx: Transaction,
    actor: ActingOfficer,
    act: Act,
    exhibitId: ExhibitId,
    purpose: string | null,
  ): Promise<Authorised | { exhibit: ExhibitInCase; denial: Denial }> {
    const exhibit = await exhibitFacts(tx, exhibitId);
    if (!exhibit) throw new Problem('not-found');
    const grants = exhibit.agencyId === actor.agencyId ? [] : await grantsReaching(tx, exhibitId, actor.agencyId);
    const decision = decide({ act, actor, exhibit, grants, purpose }, new Date());
    if (!decision.allowed) return { exhibit, denial: decision };
    return { exhibit, rule: decision.rule, grantId: decision.rule === 'live-grant' ? decision.grantId : null };
  }
}

/** The refusal as the API tells it: words, rule and the rule's source. */
export function refusal({ rule, because, source }: Denial): Problem {
  return new Problem(rule === 'own-proposal' ? 'own-proposal' : 'forbidden', because, { rule, source });
}

/** What `refusal` was made of; null for any other error. */
export function denialOf(error: unknown): Denial | null {
  if (!(error instanceof Problem) || error.extra.rule === undefined) return null;
  const { rule, source = '' } = error.extra;
  return { allowed: false, rule: rule as Denial['rule'], because: error.message, source };
}

/** The role an officer with several acts in, for the record: the first certified one that is not administration. */
export function roleOf(actor: ActingOfficer, preferred: readonly OfficerRole[] = []): OfficerRole {
  const [first = 'investigator'] = actor.roles;
  return preferred.find((role) => actor.roles.includes(role)) ?? first;
}
