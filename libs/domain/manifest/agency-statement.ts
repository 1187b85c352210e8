import { z } from 'zod';
import { AgencyId, Sha256Hex } from '#domain/evidence';
import { parseRecipient } from '#domain/sealing';
import type { Signer } from './keys.js';
import { PublicJwk, thumbprintOf } from './keys.js';
import type { StatementKind, VerifiedStatement } from './statement.js';
import { signStatement, verifyStatement } from './statement.js';
import type { GeneralJws } from './strict-jws.js';
import { line } from './text.js';

export const AGENCY_TYP = 'amana-agency+jws';

/** An age recipient (X25519). */
export const Recipient = z.string().refine(isRecipient, 'must be an X25519 age recipient (age1…)');

/** The public keys of an agency in one epoch, and who it is. */
export const AgencyKeys = z
  .strictObject({
    agencyId: AgencyId,
    /** ISO 3166-1 alpha-2. */
    state: z.string().regex(/^[A-Z]{2}$/, 'must be a code of ISO 3166-1, such as LY'),
    name: line(200),
    /** Counts from 1, one more at each change of keys. */
    epoch: z.int().min(1),
    signingKey: PublicJwk,
    recipient: Recipient,
    /** Its private half is kept offline. */
    recoveryRecipient: Recipient,
  })
  .refine(({ recipient, recoveryRecipient }) => recipient !== recoveryRecipient, {
    path: ['recoveryRecipient'],
    error: 'must be another than the recipient in use',
  });
export type AgencyKeys = z.infer<typeof AgencyKeys>;

/** An agency's statement of its own keys, signed with the key it states. */
export const AgencyStatement = AgencyKeys.safeExtend({
  schema: z.literal('amana-agency/v1'),
  /** Digest of the statement of the keys that these follow; none of first keys. */
  predecessor: Sha256Hex.exactOptional(),
});
export type AgencyStatement = z.infer<typeof AgencyStatement>;

const AGENCY: StatementKind<typeof AgencyStatement> = { typ: AGENCY_TYP, schema: AgencyStatement };

/** @param signer of `statement.signingKey` @throws ManifestError 'bad-document' */
export async function signAgencyStatement(statement: AgencyStatement, signer: Signer): Promise<GeneralJws> {
  return signStatement(AGENCY, statement, signer);
}

/**
 * Verifies that who states the keys has them. It says nothing of who that is: trust comes from an agreement, or from a key
 * that was compared in person.
 *
 * @throws ManifestError 'json-…', 'jws-…', 'payload-not-canonical', 'bad-document', 'unknown-key' when it is signed with
 *   another key than it states, 'bad-signature'
 */
export async function verifyAgencyStatement(jws: unknown): Promise<VerifiedStatement<AgencyStatement>> {
  return verifyStatement(AGENCY, jws, async (kid, { signingKey }) =>
    (await thumbprintOf(signingKey)) === kid ? signingKey : undefined,
  );
}

function isRecipient(text: string): boolean {
  try {
    parseRecipient(text);
    return true;
  } catch {
    return false;
  }
}
