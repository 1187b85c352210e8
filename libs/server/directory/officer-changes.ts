import { Inject, Injectable } from '@nestjs/common';
import { type ActingOfficer, deny } from '#domain/authority';
import { type AddOfficer, type ChangeRoles, type OfficerView, Problem } from '#domain/contract';
import type { OfficerRole } from '#domain/custody';
import type { OfficerId } from '#domain/evidence';
import { verifyAgencyStatement } from '#domain/manifest';
import { refusal } from '#server/authority';
import { CONFIG, type Config } from '#server/config';
import { Custody, type Entry } from '#server/custody';
import { Database, sqlStateOf, type Transaction, UNIQUE_VIOLATION } from '#server/database';
import { Idempotency, type IdempotencyClaim, mustStillBe } from '#server/idempotency';
import { asProblem } from './agencies.js';
import { lockedAgency } from './agency-changes.js';
import { checkCertificate } from './check-certificate.js';
import type { DirectoryChange } from './directory-change.js';
import { certifiedEvent, type LockedOfficer, lockedOfficer, officerEvent } from './officer-rows.js';

/** Who comes to an agency, in what roles, and who leaves it. */
@Injectable()
export class OfficerChanges {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly idempotency: Idempotency,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The same again is done already. @throws Problem 'forbidden', 'conflict', 'exists-with-other-content' */
  async add(
    actor: ActingOfficer,
    claim: IdempotencyClaim | null,
    { id, name, email, roles, subject }: AddOfficer,
  ): Promise<OfficerView> {
    if (!actor.roles.includes('agency-admin')) throw refusal(deny('role-not-entitled'));
    try {
      return await this.database.asOfficer(actor, (tx) =>
        this.idempotency.once(tx, actor.officerId, claim, async () => {
          const added = await tx.query<unknown[]>(
            `INSERT INTO amana.officer (id, agency_id, issuer, subject, email, name, roles) VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (id) DO NOTHING RETURNING id`,
            [id, actor.agencyId, this.config.issuer, subject ?? null, email, name, roles],
          );
          if (added.length === 0) return await sameAsBefore(tx, actor, { id, name, email, roles });
          await this.custody.append(tx, [
            officerEvent(actor, id, { kind: 'officer-added', detail: { roles: roles.join(' ') } }),
          ]);
          return (await lockedOfficer(tx, id, actor.agencyId)).view;
        }),
      );
    } catch (error) {
      if (sqlStateOf(error) !== UNIQUE_VIOLATION) throw error;
      throw new Problem('conflict', 'somebody who has not left has this address, or this subject');
    }
  }

  /**
   * Other roles, with a certificate that names them where there is one now. Nobody changes their own.
   * @throws Problem 'forbidden', 'not-found', 'precondition-failed', 'conflict', 'manifest-invalid', 'manifest-mismatch'
   */
  changeRoles(actor: ActingOfficer, id: OfficerId, body: ChangeRoles, change: DirectoryChange): Promise<OfficerView> {
    return this.administering(actor, id, change, async (tx, { view, signingKid }) => {
      if (id === actor.officerId) throw refusal(deny('own-roles'));
      const certified = view.keyState === 'certified';
      if (certified !== (body.certificate !== undefined))
        throw new Problem(
          'conflict',
          certified ? 'a certificate that names the roles is needed' : 'there are no keys to certify',
        );
      const events: Entry[] = [
        officerEvent(actor, id, {
          kind: 'officer-roles-changed',
          detail: { before: view.roles.join(' '), after: body.roles.join(' ') },
        }),
      ];
      await tx.query(`UPDATE amana.officer SET roles = $2 WHERE id = $1`, [id, body.roles]);
      if (certified) {
        const agency = await lockedAgency(tx, actor.agencyId);
        const { statement } = await verifyAgencyStatement(agency.statement).catch(asProblem);
        const checked = await checkCertificate(body.certificate, statement, { ...view, roles: body.roles, signingKid });
        await tx.query(`UPDATE amana.officer SET certificate = $2 WHERE id = $1`, [id, body.certificate]);
        events.push(certifiedEvent(actor, checked));
      }
      if (view.roles.includes('agency-admin') && !body.roles.includes('agency-admin'))
        await requireAdministrator(tx, actor, id);
      if (hasAgencyKeys(view.keyState, view.roles) && !hasAgencyKeys(view.keyState, body.roles))
        await demandRotation(tx, actor);
      await this.custody.append(tx, events);
    });
  }

  /**
   * Takes an officer's certificate away, who stays, to enrol other keys: theirs are lost, or somebody else has them.
   * @throws Problem 'forbidden', 'not-found', 'precondition-failed', 'conflict'
   */
  revoke(actor: ActingOfficer, id: OfficerId, change: DirectoryChange): Promise<OfficerView> {
    return this.administering(actor, id, change, async (tx, { view, signingKid }) => {
      if (view.keyState !== 'certified') throw new Problem('conflict', 'the keys of this officer are not certified');
      await tx.query(`UPDATE amana.officer SET key_state = 'revoked' WHERE id = $1`, [id]);
      if (hasAgencyKeys(view.keyState, view.roles)) await demandRotation(tx, actor);
      await this.custody.append(tx, [
        officerEvent(actor, id, { kind: 'officer-revoked', detail: { kid: signingKid ?? '' } }),
      ]);
    });
  }

  /**
   * An officer leaves: by an administrator's word, or their own. From the next request on nobody answers to their sign-in; their downloads
   * end; the keys that they had of the agency must be followed by others. The reason is the agency's to know, not the record's.
   * @throws Problem 'forbidden', 'not-found', 'precondition-failed', 'conflict' when nobody would be left to administer the agency
   */
  depart(actor: ActingOfficer, id: OfficerId, reason: string, change: DirectoryChange): Promise<OfficerView> {
    if (!actor.roles.includes('agency-admin') && id !== actor.officerId) throw refusal(deny('role-not-entitled'));
    return this.changing(actor, id, change, async (tx, { view, signingKid }) => {
      if (view.roles.includes('agency-admin')) await requireAdministrator(tx, actor, id);
      await tx.query(
        `UPDATE amana.officer SET left_at = now(), left_because = $2, key_state = CASE key_state WHEN 'none' THEN 'none' ELSE 'revoked' END
         WHERE id = $1`,
        [id, reason],
      );
      if (hasAgencyKeys(view.keyState, view.roles)) await demandRotation(tx, actor);
      const detail = { self: id === actor.officerId, ...(view.keyState === 'certified' && { kid: signingKid ?? '' }) };
      await this.custody.append(tx, [officerEvent(actor, id, { kind: 'officer-departed', detail })]);
    });
  }

  /** By an administrator of the officer's agency. */
  private administering(
    actor: ActingOfficer,
    id: OfficerId,
    change: DirectoryChange,
    work: (tx: Transaction, officer: LockedOfficer) => Promise<void>,
  ): Promise<OfficerView> {
    if (!actor.roles.includes('agency-admin')) throw refusal(deny('role-not-entitled'));
    return this.changing(actor, id, change, work);
  }

  private changing(
    actor: ActingOfficer,
    id: OfficerId,
    { claim, expected }: DirectoryChange,
    work: (tx: Transaction, officer: LockedOfficer) => Promise<void>,
  ): Promise<OfficerView> {
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        // The agency first, as whoever changes its keys takes it: of two changes one waits.
        await lockedAgency(tx, actor.agencyId);
        const officer = await lockedOfficer(tx, id, actor.agencyId);
        if (officer.view.leftAt) throw new Problem('conflict', 'this officer has left');
        mustStillBe(officer.view, expected);
        await work(tx, officer);
        return (await lockedOfficer(tx, id, actor.agencyId)).view;
      }),
    );
  }
}

/** Whom the agency's keys are wrapped to: certified officers, but for defence alone, and administrators. */
function hasAgencyKeys(keyState: OfficerView['keyState'], roles: readonly OfficerRole[]): boolean {
  return (keyState === 'certified' && roles.some((role) => role !== 'defence')) || roles.includes('agency-admin');
}

/** What somebody knows who is gone they know still: others must follow. */
async function demandRotation(tx: Transaction, { agencyId }: ActingOfficer): Promise<void> {
  await tx.query(
    `UPDATE amana.agency SET rotation_due_since = coalesce(rotation_due_since, now()) WHERE id = $1 AND statement IS NOT NULL`,
    [agencyId],
  );
}

/** @throws Problem 'conflict' when there is no administrator but this one */
async function requireAdministrator(tx: Transaction, { agencyId }: ActingOfficer, besides: OfficerId): Promise<void> {
  const others = await tx.query<unknown[]>(
    `SELECT FROM amana.officer WHERE agency_id = $1 AND id <> $2 AND 'agency-admin' = ANY (roles) AND key_state = 'certified' AND left_at IS NULL`,
    [agencyId, besides],
  );
  if (others.length === 0) throw new Problem('conflict', 'nobody would be left to administer the agency');
}

/** An officer who is there already, just as they are to be added. @throws Problem 'exists-with-other-content' */
async function sameAsBefore(
  tx: Transaction,
  actor: ActingOfficer,
  { id, name, email, roles }: Omit<AddOfficer, 'subject'>,
): Promise<OfficerView> {
  const taken = () => new Problem('exists-with-other-content', 'this id is that of another officer');
  const { view } = await lockedOfficer(tx, id, actor.agencyId).catch(() => Promise.reject(taken()));
  if (view.name !== name || view.email !== email || view.roles.join() !== roles.join()) throw taken();
  return view;
}
