import { Injectable } from '@nestjs/common';
import { type ActingOfficer, deny } from '#domain/authority';
import { type AgencyView, type OfficerView, Problem, type RotateAgencyKeys } from '#domain/contract';
import type { AgencyId } from '#domain/evidence';
import { type AgencyStatement, verifyAgencyStatement, verifySuccession } from '#domain/manifest';
import { actingAs, refusal } from '#server/authority';
import { Custody } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { Idempotency, mustStillBe } from '#server/idempotency';
import { asProblem, keyBundle } from './agencies.js';
import { lockedAgency } from './agency-changes.js';
import { checkCertificate, type CheckedCertificate } from './check-certificate.js';
import type { DirectoryChange } from './directory-change.js';
import { certifiedEvent, OFFICERS } from './officer-rows.js';

/** How far the clock of who signs may be from ours. */
const CLOCK_MS = 10 * 60_000;

interface Rotation {
  readonly statement: AgencyStatement;
  readonly hashBefore: string;
  readonly hashAfter: string;
}

/** An agency's keys of the next epoch in the place of those in use. */
@Injectable()
export class AgencyRotation {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * The keys before vouch for those after; every certified officer is certified anew, so that from now on nothing counts any more that
   * the old key signs. What it signed until now goes on verifying: no statement and no certificate is ever taken away.
   * @param change with the entity tag of the agency that was seen
   * @throws Problem 'forbidden', 'not-found', 'precondition-failed', 'conflict', 'manifest-invalid', 'manifest-mismatch', 'malformed-request'
   */
  async rotate(
    actor: ActingOfficer,
    id: AgencyId,
    body: RotateAgencyKeys,
    { claim, expected }: DirectoryChange,
  ): Promise<AgencyView> {
    if (actor.agencyId !== id || !actor.roles.includes('agency-admin')) throw refusal(deny('role-not-entitled'));
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        const agency = await lockedAgency(tx, id);
        mustStillBe(agency, expected);
        const rotation = await checkRotation(agency, body, new Date());
        await refuseUsedKeys(tx, id, rotation.statement);
        const certificates = await checkCertificates(tx, id, rotation.statement, body);
        await tx.query(`INSERT INTO amana.agency_key_bundle (agency_id, epoch, wrapped_keys) VALUES ($1, $2, $3)`, [
          id,
          rotation.statement.epoch,
          keyBundle(body.wrappedKeys),
        ]);
        await tx.query(
          `UPDATE amana.agency SET statement = $2, succession = $3, key_epoch = $4, rotation_due_since = NULL WHERE id = $1`,
          [id, body.statement, body.succession, rotation.statement.epoch],
        );
        for (const { officerId, certificate } of body.certificates)
          await tx.query(`UPDATE amana.officer SET certificate = $2 WHERE id = $1`, [officerId, certificate]);
        await this.custody.append(tx, [
          {
            visibleTo: [],
            statement: {
              kind: 'agency-keys-rotated',
              chain: { kind: 'agency', id },
              actor: actingAs(actor, ['agency-admin']),
              hashBefore: rotation.hashBefore,
              hashAfter: rotation.hashAfter,
              result: 'done',
              detail: { epoch: rotation.statement.epoch },
            },
          },
          ...certificates.map((checked) => certifiedEvent(actor, checked)),
        ]);
        return lockedAgency(tx, id);
      }),
    );
  }
}

/** That the statement is of this agency's next keys, and the keys in use say so. */
async function checkRotation(agency: AgencyView, body: RotateAgencyKeys, now: Date): Promise<Rotation> {
  if (agency.statement === null) throw new Problem('conflict', 'the agency has no keys yet');
  const before = await verifyAgencyStatement(agency.statement).catch(asProblem);
  const after = await verifyAgencyStatement(body.statement).catch(asProblem);
  const { statement } = after;
  if (statement.agencyId !== agency.id || statement.state !== agency.state || statement.name !== agency.name)
    throw new Problem('manifest-mismatch', 'the statement is not about this agency as the directory knows it');
  const at = await verifySuccession(before, after, body.succession).catch(asProblem);
  if (Math.abs(at.getTime() - now.getTime()) > CLOCK_MS)
    throw new Problem(
      'manifest-mismatch',
      'the keys do not follow now: the clock of who signs is wrong, or it is late',
    );
  return { statement, hashBefore: before.payloadSha256, hashAfter: after.payloadSha256 };
}

/** Keys that were left stay left: who has them still must not come to have those in use. */
async function refuseUsedKeys(
  tx: Transaction,
  id: AgencyId,
  { signingKey, recipient }: AgencyStatement,
): Promise<void> {
  const used = await tx.query<unknown[]>(
    `SELECT FROM amana.agency_key k CROSS JOIN LATERAL (SELECT amana.signed_payload(k.statement) AS said) s
     WHERE k.agency_id = $1 AND (s.said -> 'signingKey' ->> 'x' = $2 OR s.said ->> 'recipient' = $3)`,
    [id, signingKey.x, recipient],
  );
  if (used.length > 0) throw new Problem('conflict', 'the agency had one of these keys before');
}

/** A certificate for every officer who has one, and for nobody else. */
async function checkCertificates(
  tx: Transaction,
  id: AgencyId,
  agency: AgencyStatement,
  { certificates }: RotateAgencyKeys,
): Promise<CheckedCertificate[]> {
  const officers = await tx.query<(OfficerView & { signingKid: string | null })[]>(
    `SELECT o.*, k.signing_kid AS "signingKid" FROM (${OFFICERS}) o JOIN amana.officer k ON k.id = o.id
     WHERE k.agency_id = $1 AND k.key_state = 'certified' AND k.left_at IS NULL FOR UPDATE OF k`,
    [id],
  );
  const waiting = new Map(officers.map((officer) => [officer.id, officer]));
  const checked: CheckedCertificate[] = [];
  for (const { officerId, certificate } of certificates) {
    const officer = waiting.get(officerId);
    if (!officer) throw new Problem('conflict', `${officerId} has no certificate to follow, or it came twice`);
    waiting.delete(officerId);
    checked.push(await checkCertificate(certificate, agency, officer));
  }
  if (waiting.size > 0) throw new Problem('conflict', `the certificates of ${waiting.size} officers are missing`);
  return checked;
}
