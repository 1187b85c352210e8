import { z } from 'zod';
import { AgencyId, AgreementId, Sha256Hex, UtcInstant } from '#domain/evidence';
import type { AgencyKeys } from './agency-statement.js';
import { ManifestError } from './manifest-error.js';
import type { PublicJwk, Signer } from './keys.js';
import { thumbprintOf } from './keys.js';
import type { StatementKind, VerifiedStatement } from './statement.js';
import { signStatement, verifyStatement } from './statement.js';
import type { GeneralJws } from './strict-jws.js';
import { prose } from './text.js';

export const AGREEMENT_WORD_TYP = 'amana-agreement-word+jws';

/**
 * A party's word on the agreement it signed, for itself alone: it suspends its part, takes it up again, or ends it. One party's word
 * suffices, because a team rests on mutual consent (Framework Decision 2002/465/JHA Art. 1(1); UNTOC Art. 19, under which the
 * sovereignty of each state is fully respected); between the others the agreement goes on (Vienna Convention on the Law of Treaties
 * Art. 54–58).
 */
export const AgreementWord = z.strictObject({
  schema: z.literal('amana-agreement-word/v1'),
  agreementId: AgreementId,
  /** Digest of the text in force that it speaks of. */
  agreementSha256: Sha256Hex,
  agencyId: AgencyId,
  act: z.enum(['suspend', 'resume', 'end']),
  reason: prose(2000),
  at: UtcInstant,
  /** Digest of this party's word before; null of its first. An old word said again does not follow. */
  previous: Sha256Hex.nullable(),
});
export type AgreementWord = z.infer<typeof AgreementWord>;

const WORD: StatementKind<typeof AgreementWord> = { typ: AGREEMENT_WORD_TYP, schema: AgreementWord };

/** @param party of the agency's signing key, as the agreement lists it @throws ManifestError 'bad-document' */
export async function signAgreementWord(word: AgreementWord, party: Signer): Promise<GeneralJws> {
  return signStatement(WORD, word, party);
}

/**
 * Verifies a party's word with the party's key, and that it is one word of one party.
 *
 * @param parties as the reader knows them now
 * @throws ManifestError as `verifyStatement`; 'duplicate-signature' with more than the party's own signature, 'unknown-key' for
 *   another's
 */
export async function verifyAgreementWord(
  jws: unknown,
  parties: readonly AgencyKeys[],
): Promise<VerifiedStatement<AgreementWord>> {
  const verified = await verifyStatement(WORD, jws, async (kid, { agencyId }): Promise<PublicJwk | undefined> => {
    const party = parties.find((one) => one.agencyId === agencyId);
    return party && (await thumbprintOf(party.signingKey)) === kid ? party.signingKey : undefined;
  });
  if (verified.kids.length !== 1)
    throw new ManifestError('duplicate-signature', 'a word has the signature of one party');
  return verified;
}
