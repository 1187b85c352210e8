import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { base64url } from 'jose';
import { z } from 'zod';
import type { AgencyId } from '#domain/evidence';
import { AgreementId, Sha256Hex, UtcInstant } from '#domain/evidence';
import { AgencyKeys } from './agency-statement.js';
import { AGREEMENT_TERMS, Clause, faultsOfTerms } from './agreement-terms.js';
import { canonicalJson } from './canonical-json.js';
import type { Signer } from './keys.js';
import { thumbprintOf } from './keys.js';
import { ManifestError } from './manifest-error.js';
import type { ReadStatement, StatementKind } from './statement.js';
import { parseDocument, readStatement, signStatement } from './statement.js';
import type { GeneralJws, JwsSignature } from './strict-jws.js';
import { signPayload, verifySignature } from './strict-jws.js';
import { parseStrictJson } from './strict-json.js';
import { line } from './text.js';

export const AGREEMENT_TYP = 'amana-agreement+jws';

/** The instrument of a joint investigation team. What it lists of the parties' keys is what the team may wrap to and rely on. */
export const Agreement = z
  .strictObject({
    schema: z.literal('amana-agreement/v1'),
    agreementId: AgreementId,
    title: line(),
    parties: z.array(AgencyKeys).min(2).max(64),
    teamName: line(200),
    purposes: z.array(line(500)).min(1).max(64),
    clauses: z.array(Clause).max(200),
    validFrom: UtcInstant,
    validUntil: UtcInstant,
    /** Of an amendment: counts on from 1, which is not said, and names the text that it replaces by its digest. */
    version: z.int().min(2).optional(),
    predecessor: Sha256Hex.optional(),
    ...AGREEMENT_TERMS,
  })
  .superRefine((agreement, context) => {
    const { parties, clauses, validFrom, validUntil, version, predecessor } = agreement;
    // A key that two parties share would let one sign and read for the other.
    requireDistinct(
      'parties',
      'an agency',
      parties.map(({ agencyId }) => agencyId),
    );
    requireDistinct(
      'parties',
      'a signing key',
      parties.map(({ signingKey }) => signingKey.x),
    );
    requireDistinct(
      'parties',
      'a recipient',
      parties.flatMap(({ recipient, recoveryRecipient }) => [recipient, recoveryRecipient]),
    );
    requireDistinct(
      'clauses',
      'a clause',
      clauses.map(({ number }) => number),
    );
    if (validFrom >= validUntil)
      context.addIssue({ code: 'custom', path: ['validUntil'], message: 'must be after the start' });
    if ((version === undefined) !== (predecessor === undefined))
      context.addIssue({ code: 'custom', path: ['predecessor'], message: 'goes with the version of an amendment' });
    for (const { path, message } of faultsOfTerms(agreement))
      context.addIssue({ code: 'custom', path: [path], message });

    function requireDistinct(path: string, what: string, values: readonly string[]): void {
      if (new Set(values).size === values.length) return;
      context.addIssue({ code: 'custom', path: [path], message: `must not have ${what} twice` });
    }
  });
export type Agreement = z.infer<typeof Agreement>;

/** An agreement on which each signature is that of a party, whether or not all have signed. */
export interface CheckedAgreement {
  readonly agreement: Agreement;
  readonly payloadBytes: Uint8Array;
  readonly payloadSha256: string;
  readonly signedBy: readonly AgencyId[];
  readonly missing: readonly AgencyId[];
}

const AGREEMENT: StatementKind<typeof Agreement> = { typ: AGREEMENT_TYP, schema: Agreement };

/** Reads an agreement strictly, and verifies no signature: of one that was verified when it was taken in. @throws ManifestError */
export function readAgreement(jws: unknown): ReadStatement<Agreement> {
  return readStatement(AGREEMENT, jws);
}

/** The first party's signature. @throws ManifestError 'bad-document', 'wrong-signer' */
export async function signAgreement(agreement: Agreement, party: Signer): Promise<GeneralJws> {
  await partyOf(agreement, party.kid);
  return signStatement(AGREEMENT, agreement, party);
}

/** A further party's signature, on the same bytes. @throws ManifestError as `checkAgreement`; 'duplicate-signature' */
export async function countersignAgreement(jws: unknown, party: Signer): Promise<GeneralJws> {
  const { agreement, payloadBytes } = await checkAgreement(jws);
  const { signatures, payload } = readStatement(AGREEMENT, jws).jws;
  await partyOf(agreement, party.kid);
  if (signatures.some(({ kid }) => kid === party.kid))
    throw new ManifestError('duplicate-signature', 'the party has signed');
  const added = await signPayload(payloadBytes, AGREEMENT_TYP, party);
  return { payload, signatures: [...signatures.map(({ encoded }) => encoded), ...added.signatures] };
}

/**
 * Verifies the signatures there are, while the parties sign.
 *
 * @throws ManifestError 'json-…', 'jws-…', 'duplicate-signature', 'payload-not-canonical', 'bad-document', 'wrong-signer',
 *   'bad-signature'
 */
export async function checkAgreement(jws: unknown): Promise<CheckedAgreement> {
  const { statement: agreement, payloadBytes, payloadSha256, jws: read } = readStatement(AGREEMENT, jws);
  const signedBy: AgencyId[] = [];
  for (const signature of read.signatures) {
    const { agencyId, signingKey } = await partyOf(agreement, signature.kid);
    await verifySignature(read, signature, signingKey);
    signedBy.push(agencyId);
  }
  const missing = agreement.parties.map(({ agencyId }) => agencyId).filter((agencyId) => !signedBy.includes(agencyId));
  return { agreement, payloadBytes, payloadSha256, signedBy, missing };
}

/**
 * Verifies that every party signed. Whether the parties are who they say is for the reader: compare their keys with those
 * the reader knows. Whether it is in force is a matter of its times.
 *
 * @throws ManifestError as `checkAgreement`; 'signature-missing'
 */
export async function verifyAgreement(jws: unknown): Promise<CheckedAgreement> {
  const checked = await checkAgreement(jws);
  if (checked.missing.length > 0) {
    throw new ManifestError('signature-missing', `not signed by every party: ${checked.missing.join(', ')} missing`);
  }
  return checked;
}

/**
 * What the parties sign, as it is put into words before anybody has: its exact bytes and their digest.
 * @throws ManifestError 'bad-document' naming every fault
 */
export function layDown(draft: unknown): Pick<CheckedAgreement, 'agreement' | 'payloadBytes' | 'payloadSha256'> {
  const agreement = parseDocument(Agreement, draft);
  const payloadBytes = canonicalJson(agreement);
  return { agreement, payloadBytes, payloadSha256: bytesToHex(sha256(payloadBytes)) };
}

/** A party's signature on bytes laid down, by itself: to be put beside those of the others. @throws ManifestError 'wrong-signer', 'bad-document' */
export async function signLaidDown(payloadBytes: Uint8Array, party: Signer): Promise<JwsSignature> {
  const { agreement } = layDown(parseStrictJson(payloadBytes));
  await partyOf(agreement, party.kid);
  const [signature] = (await signPayload(payloadBytes, AGREEMENT_TYP, party)).signatures;
  if (signature === undefined) throw new ManifestError('signature-missing', 'nothing was signed');
  return signature;
}

/** Bytes laid down and the signatures there are, as one instrument. Nothing is verified. */
export function instrumentOf(payloadBytes: Uint8Array, signatures: readonly JwsSignature[]): GeneralJws {
  return { payload: base64url.encode(payloadBytes), signatures };
}

async function partyOf(agreement: Agreement, kid: string): Promise<AgencyKeys> {
  for (const party of agreement.parties) if ((await thumbprintOf(party.signingKey)) === kid) return party;
  throw new ManifestError('wrong-signer', 'a signature is not that of a party');
}
