import { Injectable } from '@nestjs/common';
import { type ActingOfficer, deny } from '#domain/authority';
import {
  type AgencyDetail,
  type AgencySearch,
  type AgencyView,
  type Page,
  Problem,
  type PublishAgencyKeys,
  type WrappedAgencyKeys,
} from '#domain/contract';
import type { AgencyId } from '#domain/evidence';
import { ManifestError, verifyAgencyStatement } from '#domain/manifest';
import { actingAs, refusal } from '#server/authority';
import { Custody } from '#server/custody';
import { Database } from '#server/database';
import { mustStillBe } from '#server/idempotency';
import { AGENCY_COLUMNS, instant, keysOf, searchOf } from './agency-rows.js';
import { keysetPage, type RunQuery } from './keyset-page.js';

const SELECT = `SELECT ${AGENCY_COLUMNS} FROM amana.agency`;

/** The directory of competent authorities (R3) and their public keys; every agency sees every other. */
@Injectable()
export class Agencies {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
  ) {}

  /** Those for which all holds that is asked, by state and name. */
  list({ state, competence, language, q, openAt, ...page }: AgencySearch): Promise<Page<AgencyView>> {
    const words = q === undefined ? undefined : searchOf(q);
    if (words === null) return Promise.resolve({ items: [], next: null });
    const asked: (readonly [string, unknown])[] = [
      ['state = ?', state],
      ['competences @> ARRAY[?::text]', competence],
      ['languages @> ARRAY[lower(?::text)]', language],
      [`search @@ to_tsquery('simple', ?)`, words],
      ['amana.open_at(contact_points, ?::timestamptz)', openAt],
    ];
    const conditions = asked.filter(([, value]) => value !== undefined);
    return keysetPage<AgencyView>(this.run, { select: SELECT, keys: ['state', 'name'], conditions }, page);
  }

  /** The agency, and all keys that it ever had. @throws Problem 'not-found' */
  async detail(id: AgencyId): Promise<{ agency: AgencyView; detail: AgencyDetail }> {
    const agency = await this.find(id);
    return { agency, detail: { ...agency, keys: await keysOf(this.run, id) } };
  }

  private readonly run: RunQuery = (sql, parameters) => this.database.query(sql, parameters);

  async find(id: AgencyId): Promise<AgencyView> {
    const [agency] = await this.database.query<AgencyView>(`${SELECT} WHERE id = $1`, [id]);
    if (!agency) throw new Problem('not-found');
    return agency;
  }

  /**
   * Keeps the agency's statement of its first keys and their private halves, which only officers of the agency can open. They are
   * never replaced here: what a token alone could replace, a stolen token would.
   * @param expected entity tag of the agency that was seen
   * @throws Problem 'forbidden', 'not-found', 'precondition-failed', 'manifest-invalid', 'manifest-mismatch', 'conflict', 'malformed-request'
   */
  async publishKeys(
    actor: ActingOfficer,
    agencyId: AgencyId,
    body: PublishAgencyKeys,
    expected: string,
  ): Promise<AgencyView> {
    if (actor.agencyId !== agencyId || !actor.roles.includes('agency-admin')) throw refusal(deny('role-not-entitled'));
    const { statement, payloadSha256 } = await verifyAgencyStatement(body.statement).catch(asProblem);
    await this.database.asOfficer(actor, async (tx) => {
      const [agency] = await tx.query<AgencyView[]>(`${SELECT} WHERE id = $1 FOR UPDATE`, [agencyId]);
      if (!agency) throw new Problem('not-found');
      mustStillBe(agency, expected);
      if (statement.agencyId !== agencyId || statement.state !== agency.state || statement.name !== agency.name) {
        throw new Problem('manifest-mismatch', 'the statement is not about this agency as the directory knows it');
      }
      if (agency.statement !== null || statement.epoch !== 1) throw new Problem('conflict', 'the agency has its keys');
      await tx.query(`INSERT INTO amana.agency_key_bundle (agency_id, epoch, wrapped_keys) VALUES ($1, $2, $3)`, [
        agencyId,
        statement.epoch,
        keyBundle(body.wrappedKeys),
      ]);
      await tx.query(`UPDATE amana.agency SET statement = $2, key_epoch = $3 WHERE id = $1`, [
        agencyId,
        body.statement,
        statement.epoch,
      ]);
      await this.custody.append(tx, [
        {
          visibleTo: [],
          statement: {
            kind: 'agency-certified',
            chain: { kind: 'agency', id: agencyId },
            actor: actingAs(actor, ['agency-admin']),
            hashAfter: payloadSha256,
            result: 'done',
            detail: { epoch: statement.epoch },
          },
        },
      ]);
    });
    return this.find(agencyId);
  }

  /** The agency's keys as wrapped for its officers, in the epoch in use. Which officer can open them the platform does not know. */
  wrappedKeys(actor: ActingOfficer): Promise<WrappedAgencyKeys> {
    return this.database.asOfficer(actor, async (tx) => {
      const [found] = await tx.query<{ epoch: number; statement: unknown; wrapped_keys: Buffer; due: string | null }[]>(
        `SELECT b.epoch, a.statement, b.wrapped_keys, ${instant('a.rotation_due_since')} AS due FROM amana.agency_key_bundle b JOIN amana.agency a ON a.id = b.agency_id AND a.key_epoch = b.epoch
         WHERE b.agency_id = $1`,
        [actor.agencyId],
      );
      if (!found) throw new Problem('not-found', 'the agency has no keys yet');
      return {
        agencyId: actor.agencyId,
        epoch: found.epoch,
        statement: found.statement,
        wrappedKeys: found.wrapped_keys.toString('base64'),
        rotationDueSince: found.due,
      };
    });
  }
}

/** Private halves as an age file. What is inside only officers of the agency can see. @throws Problem 'malformed-request' */
export function keyBundle(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (!bytes.subarray(0, 22).equals(Buffer.from('age-encryption.org/v1\n')) || bytes.length < 200) {
    throw new Problem('malformed-request', 'the wrapped keys are not an age file');
  }
  return bytes;
}

/** A document that does not verify is the sender's fault, told in the words of the check. */
export function asProblem(error: unknown): never {
  if (error instanceof ManifestError) throw new Problem('manifest-invalid', error.message);
  throw error;
}
