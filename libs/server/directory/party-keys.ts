import { Problem } from '#domain/contract';
import type { AgencyId } from '#domain/evidence';
import { type AgencyKeys, thumbprintOf, verifyAgencyStatement } from '#domain/manifest';
import type { Transaction } from '#server/database';
import { asProblem } from './agencies.js';

/**
 * Every party's keys must be those of the statement that the directory holds: an agreement brings no new keys in, and a key that its agency
 * has put another in the place of binds nobody any more.
 * @throws Problem 'key-not-certified'
 */
export async function refuseUnknownKeys(tx: Transaction, parties: readonly AgencyKeys[]): Promise<void> {
  for (const party of parties) {
    const statement = await currentKeysOf(tx, party.agencyId);
    const same =
      statement.state === party.state &&
      statement.recipient === party.recipient &&
      statement.recoveryRecipient === party.recoveryRecipient &&
      (await thumbprintOf(statement.signingKey)) === (await thumbprintOf(party.signingKey));
    if (!same) throw new Problem('key-not-certified', `the keys of ${party.name} are not those the directory knows`);
  }
}

/** The keys that an agency has in the directory now, by its own statement. @throws Problem 'key-not-certified' when it has none */
export async function currentKeysOf(tx: Transaction, agencyId: AgencyId): Promise<AgencyKeys> {
  const [agency] = await tx.query<{ statement: unknown; name: string }[]>(
    `SELECT statement, name FROM amana.agency WHERE id = $1`,
    [agencyId],
  );
  if (!agency?.statement)
    throw new Problem('key-not-certified', `${agency?.name ?? 'the agency'} has no keys in the directory`);
  const { statement } = await verifyAgencyStatement(agency.statement).catch(asProblem);
  return statement;
}
