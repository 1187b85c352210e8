import { Injectable } from '@nestjs/common';
import { type ActingOfficer, deny } from '#domain/authority';
import {
  type CertifyOfficer,
  type EnrolKeys,
  type OfficerView,
  type OfficerSearch,
  type Page,
  Problem,
} from '#domain/contract';
import type { OfficerId } from '#domain/evidence';
import { PublicJwk, thumbprintOf, verifyAgencyStatement } from '#domain/manifest';
import { refusal } from '#server/authority';
import { Custody } from '#server/custody';
import { Database, sqlStateOf, type Transaction, UNIQUE_VIOLATION } from '#server/database';
import { Idempotency, type IdempotencyClaim, mustStillBe } from '#server/idempotency';
import { asProblem, keyBundle } from './agencies.js';
import { searchOf } from './agency-rows.js';
import { checkCertificate } from './check-certificate.js';
import { keysetPage } from './keyset-page.js';
import { certifiedEvent, type LockedOfficer, lockedOfficer, OFFICERS } from './officer-rows.js';

/** Officers of an agency and their keys: enrolled by themselves, certified by their agency's own signature. */
@Injectable()
export class OfficersOfAgency {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly idempotency: Idempotency,
  ) {}

  /** Of the own agency, by their address. */
  list(actor: ActingOfficer, { q, ...page }: OfficerSearch): Promise<Page<OfficerView>> {
    const run = <Row>(sql: string, parameters: readonly unknown[]) => this.database.query<Row>(sql, parameters);
    const words = q === undefined ? undefined : searchOf(q);
    if (words === null) return Promise.resolve({ items: [], next: null });
    const conditions = words === undefined ? [] : [[`search @@ to_tsquery('simple', ?)`, words] as const];
    const keyset = { select: OFFICERS, keys: ['email', 'id'], casts: { id: 'uuid' } as const };
    return keysetPage<OfficerView>(run, { ...keyset, filters: { agency_id: actor.agencyId }, conditions }, page);
  }

  /** @throws Problem 'not-found', the same for an officer of another agency as for none */
  async find(actor: ActingOfficer, id: OfficerId): Promise<OfficerView> {
    const [officer] = await this.database.query<OfficerView>(`${OFFICERS} WHERE id = $1 AND agency_id = $2`, [
      id,
      actor.agencyId,
    ]);
    if (!officer) throw new Problem('not-found');
    return officer;
  }

  /**
   * Takes the public halves of an officer's keys; they count for nothing until the agency certified them.
   * @param expected entity tag of the officer that was seen
   * @throws Problem 'malformed-request', 'precondition-failed', 'conflict'
   */
  async enrol(actor: ActingOfficer, { signingKey, recipient }: EnrolKeys, expected: string): Promise<OfficerView> {
    if (!PublicJwk.safeParse(signingKey).success)
      throw new Problem('malformed-request', 'the signing key is not an Ed25519 key');
    const kid = await thumbprintOf(signingKey);
    try {
      await this.database.asOfficer(actor, async (tx) => {
        const officer = await lockedOfficer(tx, actor.officerId, actor.agencyId);
        // The same again, its answer lost, is done already, whatever the tag was.
        if (officer.signingKid === kid && officer.view.keyState !== 'revoked') return;
        const [revoked] = await tx.query<unknown[]>(`SELECT FROM amana.officer_certificate WHERE kid = $1`, [kid]);
        if (revoked) throw new Problem('conflict', 'these keys were certified before and are no more; make new ones');
        mustStillBe(officer.view, expected);
        if (officer.view.keyState === 'certified') {
          throw new Problem('conflict', 'other keys of this officer are certified; the agency must revoke them first');
        }
        await tx.query(
          `UPDATE amana.officer SET key_state = 'enrolled', signing_key = $2, signing_kid = $3, recipient = $4, certificate = NULL WHERE id = $1`,
          [actor.officerId, signingKey, kid, recipient],
        );
      });
    } catch (error) {
      if (sqlStateOf(error) === UNIQUE_VIOLATION)
        throw new Problem('conflict', 'these keys are those of another officer');
      throw error;
    }
    return this.find(actor, actor.officerId);
  }

  /**
   * Keeps the agency's certificate of an officer's enrolled keys, and the agency's keys wrapped anew with the officer among the entitled.
   * @throws Problem 'forbidden', 'not-found', 'precondition-failed', 'conflict', 'manifest-invalid', 'manifest-mismatch', 'malformed-request'
   */
  certify(actor: ActingOfficer, officerId: OfficerId, { claim, expected, body }: Certification): Promise<OfficerView> {
    if (!actor.roles.includes('agency-admin')) throw refusal(deny('role-not-entitled'));
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        const officer = await lockedOfficer(tx, officerId, actor.agencyId);
        mustStillBe(officer.view, expected);
        // What was signed under a certificate must go on being certified by it.
        if (officer.view.keyState === 'certified')
          throw new Problem('conflict', 'the keys of this officer are certified');
        await this.keepCertificate(tx, actor, officer, body);
        return (await lockedOfficer(tx, officerId, actor.agencyId)).view;
      }),
    );
  }

  private async keepCertificate(
    tx: Transaction,
    actor: ActingOfficer,
    officer: LockedOfficer,
    body: CertifyOfficer,
  ): Promise<void> {
    const officerId = officer.view.id;
    const [agency] = await tx.query<{ statement: unknown; key_epoch: number }[]>(
      `SELECT statement, key_epoch FROM amana.agency WHERE id = $1`,
      [actor.agencyId],
    );
    if (!agency?.statement) throw new Problem('conflict', 'the agency has no keys yet');
    const { statement: agencyKeys } = await verifyAgencyStatement(agency.statement).catch(asProblem);
    const about = { ...officer.view, signingKid: officer.signingKid };
    const checked = await checkCertificate(body.certificate, agencyKeys, about);
    await tx.query(`UPDATE amana.officer SET key_state = 'certified', certificate = $2 WHERE id = $1`, [
      officerId,
      body.certificate,
    ]);
    await tx.query(`UPDATE amana.agency_key_bundle SET wrapped_keys = $3 WHERE agency_id = $1 AND epoch = $2`, [
      actor.agencyId,
      agency.key_epoch,
      keyBundle(body.wrappedKeys),
    ]);
    await this.custody.append(tx, [certifiedEvent(actor, checked)]);
  }
}

/** A certificate as an administrator hands it in, and the officer as they saw them. */
export interface Certification {
  readonly claim: IdempotencyClaim | null;
  readonly expected: string;
  readonly body: CertifyOfficer;
}
