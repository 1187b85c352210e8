import { Injectable } from '@nestjs/common';
import { type ActingOfficer, deny } from '#domain/authority';
import {
  type HeldFileKey,
  type Page,
  type PageQuery,
  Problem,
  type RewrapFileKeys,
  type Rewrapped,
} from '#domain/contract';
import { parseHeader, SealingError } from '#domain/sealing';
import { actingAs, refusal } from '#server/authority';
import { Custody } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { keysetPage } from './keyset-page.js';

const NO_GRANT = '00000000-0000-0000-0000-000000000000';
/** Wrapped before the keys in use were, and of what the agency may still read: its own, and what a grant that has not ended gives it. */
const STALE = `SELECT k.file_id AS "fileId", k.grant_id AS "grantId", translate(encode(k.header, 'base64'), E'\\n', '') AS header,
    k.file_id, coalesce(k.grant_id, '${NO_GRANT}') AS of_grant
  FROM amana.file_key k JOIN amana.agency_key now ON now.agency_id = k.agency_id AND now.until IS NULL
  WHERE now.epoch > 1 AND k.wrapped_at < now.since AND (k.grant_id IS NULL OR EXISTS (SELECT FROM amana.evidence_grant g
    WHERE g.id = k.grant_id AND g.state IN ('proposed', 'approved', 'accepted', 'active') AND g.expires_at > now()))
    AND k.agency_id = amana.my_agency()`;

/** Keys of files that are wrapped to keys of the agency that others have followed. */
@Injectable()
export class HeldFileKeys {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
  ) {}

  /**
   * Those that wait. What was wrapped anew is in no later page, nor in any page asked for again: whoever was interrupted begins anew.
   * @throws Problem 'forbidden', 'malformed-request'
   */
  stale(actor: ActingOfficer, query: PageQuery): Promise<Page<HeldFileKey>> {
    if (!actor.roles.includes('agency-admin')) throw refusal(deny('role-not-entitled'));
    return this.database.asOfficer(actor, async (tx) => {
      const keyset = { select: `SELECT * FROM (${STALE}) stale`, keys: ['file_id', 'of_grant'] };
      const casts = { file_id: 'uuid', of_grant: 'uuid' } as const;
      const run = <Row>(sql: string, parameters: readonly unknown[]) => tx.query<Row[]>(sql, [...parameters]);
      const { items, next } = await keysetPage<HeldFileKey>(run, { ...keyset, casts }, query);
      return { items: items.map(({ fileId, grantId, header }) => ({ fileId, grantId, header })), next };
    });
  }

  /**
   * Takes them as they are wrapped to the keys in use. The same again changes nothing more.
   * @throws Problem 'forbidden', 'conflict' when other keys have followed meanwhile, 'malformed-request'
   */
  rewrap(actor: ActingOfficer, { epoch, fileKeys }: RewrapFileKeys): Promise<Rewrapped> {
    if (!actor.roles.includes('agency-admin')) throw refusal(deny('role-not-entitled'));
    const headers = fileKeys.map(({ fileId, header }) => readHeader(fileId, header));
    return this.database.asOfficer(actor, async (tx) => {
      await requireEpoch(tx, actor, epoch);
      const [changed] = await tx.query<[unknown[], number]>(
        `UPDATE amana.file_key k SET header = w.header, wrapped_at = now()
         FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS w(file_id, grant_id, header), amana.agency_key now
         WHERE k.file_id = w.file_id AND k.grant_id IS NOT DISTINCT FROM w.grant_id AND k.agency_id = $4
           AND now.agency_id = k.agency_id AND now.until IS NULL AND k.wrapped_at < now.since RETURNING k.file_id`,
        [fileKeys.map(({ fileId }) => fileId), fileKeys.map(({ grantId }) => grantId), headers, actor.agencyId],
      );
      const rewrapped = changed.length;
      if (rewrapped > 0)
        await this.custody.append(tx, [
          {
            visibleTo: [],
            statement: {
              kind: 'file-keys-rewrapped',
              chain: { kind: 'agency', id: actor.agencyId },
              actor: actingAs(actor, ['agency-admin']),
              result: 'done',
              detail: { epoch, files: rewrapped },
            },
          },
        ]);
      return { rewrapped };
    });
  }
}

/** Shared with rotations: a header must not be wrapped to keys that are being left. */
async function requireEpoch(tx: Transaction, { agencyId }: ActingOfficer, epoch: number): Promise<void> {
  const [agency] = await tx.query<{ key_epoch: number }[]>(
    `SELECT key_epoch FROM amana.agency WHERE id = $1 FOR SHARE`,
    [agencyId],
  );
  if (agency?.key_epoch !== epoch) throw new Problem('conflict', 'the agency has other keys by now');
}

function readHeader(fileId: string, base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  try {
    if (parseHeader(bytes).headerSizeBytes === bytes.length) return bytes;
  } catch (error) {
    if (!(error instanceof SealingError)) throw error;
  }
  throw new Problem('malformed-request', `the key of ${fileId} is not an age header, and nothing besides`);
}
