import { Injectable } from '@nestjs/common';
import { type Act, type ActingOfficer, decide, type Denial } from '#domain/authority';
import { Problem } from '#domain/contract';
import type { AgencyId, CaseId, ExhibitId, GrantId } from '#domain/evidence';
import { Custody, type Entry } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { Outbox } from '#server/outbox';
import { actingAs } from './acting.js';
import { exhibitFacts, type ExhibitInCase, grantsReaching } from './facts.js';
import { denialOf, refusal } from './refusal.js';

/** What an allowed act rests on. */
export interface Authorised {
  readonly exhibit: ExhibitInCase;
  readonly rule: string;
  readonly grantId: GrantId | null;
}

/** What for, as an officer states it. */
export interface StatedPurpose {
  /** In their own words. */
  readonly words: string | null;
  /** The purpose of the agreement that they name beside the words. */
  readonly named?: string | null;
}

/** Where a refusal is put on the record: with the case it is about; in the register of the officer's agency when it is about none. */
export type RefusalPlace = { exhibitId?: ExhibitId; caseId: CaseId; agencyId: AgencyId } | null;

const NO_PURPOSE: StatedPurpose = { words: null };
/** Refusals that are on the record: each is once. */
const recorded = new WeakSet();

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
    purpose: StatedPurpose = NO_PURPOSE,
  ): Promise<Authorised> {
    const found = await this.database.asOfficer(actor, (tx) => this.decideIn(tx, actor, act, exhibitId, purpose));
    if (!('denial' in found)) return found;
    throw await this.refuse(actor, act, found.denial, found.exhibit, purpose.words);
  }

  /** The same inside a transaction already begun, for a check again at the moment of the write; records nothing. */
  async requireIn(
    tx: Transaction,
    actor: ActingOfficer,
    act: Act,
    exhibitId: ExhibitId,
    purpose: StatedPurpose = NO_PURPOSE,
  ): Promise<Authorised> {
    const found = await this.decideIn(tx, actor, act, exhibitId, purpose);
    if ('denial' in found) throw refusal(found.denial);
    return found;
  }

  /** Puts a refusal on the record, with a review for the auditors, durable on return. @returns the problem to answer with */
  async refuse(
    actor: ActingOfficer,
    act: string,
    denial: Denial,
    place: RefusalPlace,
    purpose: string | null = null,
  ): Promise<Problem> {
    const refused: Entry = {
      visibleTo: place ? [place.agencyId] : [],
      statement: {
        kind: 'access-refused',
        chain: place ? { kind: 'case', id: place.caseId } : { kind: 'agency', id: actor.agencyId },
        ...(place?.exhibitId && { exhibitId: place.exhibitId }),
        actor: actingAs(actor),
        ...(purpose && { purpose }),
        authority: { rule: denial.rule },
        result: 'refused',
        reason: denial.because,
        detail: { act },
      },
    };
    // In one transaction: a refusal without its review would never be looked at.
    await this.database.asOfficer(actor, async (tx) => {
      for (const { id } of await this.custody.append(tx, [refused])) {
        await this.outbox.ask(tx, 'review-event', id, { eventId: id });
      }
    });
    const problem = refusal(denial);
    recorded.add(problem);
    return problem;
  }

  /** Puts a refusal on the record that nobody has put there: no answer that cites a rule leaves without its event. */
  async keep(actor: ActingOfficer, act: string, error: unknown): Promise<void> {
    const denial = denialOf(error);
    if (!denial || recorded.has(error as Problem)) return;
    await this.refuse(actor, act, denial, null);
  }

  /**
   * That an exhibit's facts were read by others than the agency that holds it, in the transaction of the reading
   * (Directive (EU) 2016/680 Art. 25).
   */
  async tellReading(
    tx: Transaction,
    actor: ActingOfficer,
    { exhibit, rule, grantId }: Authorised,
    what: 'facts' | 'offer' | 'receipt' | 'timestamps',
  ): Promise<void> {
    if (rule === 'own-agency') return;
    await this.custody.append(tx, [
      {
        visibleTo: [exhibit.agencyId],
        statement: {
          kind: 'exhibit-read',
          chain: { kind: 'case', id: exhibit.caseId },
          exhibitId: exhibit.exhibitId,
          actor: actingAs(actor, rule === 'oversight' ? ['auditor'] : []),
          authority: { rule, ...(grantId && { grantId }) },
          result: 'done',
          detail: { what },
        },
      },
    ]);
  }

  private async decideIn(
    tx: Transaction,
    actor: ActingOfficer,
    act: Act,
    exhibitId: ExhibitId,
    { words, named = null }: StatedPurpose,
  ): Promise<Authorised | { exhibit: ExhibitInCase; denial: Denial }> {
    const exhibit = await exhibitFacts(tx, exhibitId);
    if (!exhibit) throw new Problem('not-found');
    const grants = exhibit.agencyId === actor.agencyId ? [] : await grantsReaching(tx, exhibitId, actor.agencyId);
    const decision = decide({ act, actor, exhibit, grants, purpose: words, namedPurpose: named }, new Date());
    if (!decision.allowed) return { exhibit, denial: decision };
    return { exhibit, rule: decision.rule, grantId: 'grantId' in decision ? decision.grantId : null };
  }
}
