import { z } from 'zod';
import { AgencyId, Sha256Hex, UtcInstant } from '#domain/evidence';
import { type AgencyStatement, verifyAgencyStatement } from './agency-statement.js';
import { type Signer, thumbprintOf } from './keys.js';
import { ManifestError } from './manifest-error.js';
import { signStatement, type StatementKind, verifyStatement } from './statement.js';
import type { GeneralJws } from './strict-jws.js';

export const SUCCESSION_TYP = 'amana-succession+jws';

/** An agency's word, under the keys that it leaves, for the keys that follow. */
export const AgencySuccession = z.strictObject({
  schema: z.literal('amana-succession/v1'),
  agencyId: AgencyId,
  /** Of the keys that follow. */
  epoch: z.int().min(2),
  /** Digest of the statement of the keys that sign this. */
  predecessor: Sha256Hex,
  /** Digest of the statement of the keys that follow. */
  successor: Sha256Hex,
  /** From when on nothing more is signed with the keys that are left. */
  at: UtcInstant,
});
export type AgencySuccession = z.infer<typeof AgencySuccession>;

const SUCCESSION: StatementKind<typeof AgencySuccession> = { typ: SUCCESSION_TYP, schema: AgencySuccession };

/** @param signer of the keys that are left @throws ManifestError 'bad-document' */
export async function signAgencySuccession(succession: AgencySuccession, signer: Signer): Promise<GeneralJws> {
  return signStatement(SUCCESSION, succession, signer);
}

/** What is published of an agency's keys of one epoch. */
export interface PublishedKeys {
  readonly statement: unknown;
  /** Null of first keys. */
  readonly succession: unknown;
}

/** An agency's keys of one epoch, that the keys before vouch for. */
export interface KeyEpoch {
  readonly statement: AgencyStatement;
  readonly kid: string;
  readonly payloadSha256: string;
  /** When the agency left them for others; null of those in use. Nothing that is dated later counts under them. */
  readonly until: Date | null;
}

/**
 * Verifies an agency's keys from its first to those in use: each statement by its own key, each succession by the key before it.
 *
 * @param published in the order of their epochs; it may begin later than with the first, with a key that is trusted already
 * @throws ManifestError as `verifyAgencyStatement`; 'bad-document' when they do not follow each other
 */
export async function verifyKeyHistory(published: readonly PublishedKeys[]): Promise<readonly KeyEpoch[]> {
  const epochs: KeyEpoch[] = [];
  for (const { statement: jws, succession } of published) {
    const { statement, kids, payloadSha256 } = await verifyAgencyStatement(jws);
    const before = epochs.at(-1);
    if (before !== undefined) {
      const at = await verifySuccession(before, { statement, payloadSha256 }, succession);
      epochs[epochs.length - 1] = { ...before, until: at };
    }
    epochs.push({ statement, kid: kids[0] ?? '', payloadSha256, until: null });
  }
  return epochs;
}

/** @returns when the keys were changed @throws ManifestError */
export async function verifySuccession(
  before: Pick<KeyEpoch, 'statement' | 'payloadSha256'>,
  after: Pick<KeyEpoch, 'statement' | 'payloadSha256'>,
  jws: unknown,
): Promise<Date> {
  const { signingKey, recipient, agencyId, epoch } = before.statement;
  const kid = await thumbprintOf(signingKey);
  const { statement: said } = await verifyStatement(SUCCESSION, jws, (by) => (by === kid ? signingKey : undefined));
  const next = after.statement;
  const follows =
    said.agencyId === agencyId &&
    next.agencyId === agencyId &&
    said.epoch === epoch + 1 &&
    next.epoch === said.epoch &&
    said.predecessor === before.payloadSha256 &&
    said.successor === after.payloadSha256 &&
    // Each names the other: nobody makes themselves the predecessor of keys that know nothing of them.
    next.predecessor === before.payloadSha256;
  if (!follows) throw new ManifestError('bad-document', 'the keys do not follow those before them');
  if (next.signingKey.x === signingKey.x || next.recipient === recipient)
    throw new ManifestError('bad-document', 'a key is the same as before');
  return new Date(said.at);
}
