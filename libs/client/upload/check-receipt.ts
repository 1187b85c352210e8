import { base64 } from '@scure/base';
import type { IntakeReceipt } from '#domain/contract';
import { CustodyEvent, commitmentOf, entryOf } from '#domain/custody';
import type { ExhibitId } from '#domain/evidence';
import { ManifestError, type PublicJwk, parseStrictJson, thumbprintOf, verifySeal } from '#domain/manifest';
import {
  ProofError,
  checkpointVerifier,
  leafHash,
  parseTlogProof,
  parseVerifierKey,
  verifyTlogProof,
} from '#domain/merkle';
import { UploadError } from './upload-error.js';

/** The keys that a receipt is checked by: those pinned, never those it comes with. */
export interface ReceiptKeys {
  readonly sealKey: PublicJwk;
  /** Of the log, c2sp.org/signed-note. */
  readonly logVerifierKey: string;
}

/** What a receipt must be of. */
export interface ReceiptOf {
  readonly exhibitId: ExhibitId;
  /** SHA-256 of the payload of the manifest that the officer signed, hexadecimal. */
  readonly manifestSha256: string;
}

/**
 * Checks an intake receipt: the platform sealed this very exhibit under this very manifest, and its log has the event that says so.
 * @throws UploadError 'receipt-invalid'
 */
export async function checkReceipt(
  receipt: IntakeReceipt,
  { exhibitId, manifestSha256 }: ReceiptOf,
  { sealKey, logVerifierKey }: ReceiptKeys,
): Promise<void> {
  if (receipt.exhibitId !== exhibitId) throw invalid('it is of another exhibit');
  try {
    const keyOf = async (kid: string) => ((await thumbprintOf(sealKey)) === kid ? sealKey : undefined);
    const { payloadSha256 } = await verifySeal(receipt.manifest, keyOf);
    if (payloadSha256 !== manifestSha256) throw invalid('it is of another manifest than the one signed');
    const body = base64.decode(receipt.event.body);
    requireSealing(body, receipt, payloadSha256);
    const entry = entryOf(commitmentOf(base64.decode(receipt.event.salt), body));
    const proof = parseTlogProof(new TextEncoder().encode(receipt.proof));
    if (proof.index !== receipt.sealedEventIndex) throw invalid('the proof is of another place in the log');
    const log = parseVerifierKey(logVerifierKey);
    const verify = checkpointVerifier({ logs: [{ key: log }], witnesses: [], quorum: { kind: 'none' } });
    verifyTlogProof(proof, leafHash(entry), verify);
  } catch (cause) {
    if (cause instanceof ManifestError || cause instanceof ProofError || cause instanceof RangeError)
      throw invalid(cause.message);
    throw cause;
  }
}

function requireSealing(body: Uint8Array, { exhibitId }: IntakeReceipt, manifestSha256: string): void {
  const event = CustodyEvent.safeParse(parseStrictJson(body)).data;
  if (event?.kind !== 'exhibit-sealed') throw invalid('its event is not a sealing');
  if (event.exhibitId !== exhibitId) throw invalid('its event is of another exhibit');
  if (event.hashAfter !== manifestSha256) throw invalid('its event is of another manifest');
}

function invalid(why: string): UploadError {
  return new UploadError('receipt-invalid', `the platform's receipt does not hold: ${why}`);
}
