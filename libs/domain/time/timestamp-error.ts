/** What can be wrong with a timestamp, its request, its certificates or an archive of timestamps. */
export type TimestampErrorCode =
  /** Not strict DER, or not what RFC 3161, RFC 5652, RFC 5280 or RFC 4998 says it consists of. */
  | 'malformed'
  | 'too-large'
  /** The authority answered, and gave no token; the message carries its status and its words. */
  | 'not-granted'
  /** A digest, signature or key that is not on the list of `algorithms.ts`. */
  | 'unsupported-algorithm'
  /** The token is over other bytes. */
  | 'wrong-imprint'
  | 'wrong-nonce'
  | 'wrong-policy'
  /** An extension that is critical and not known here, in the token or in a certificate. */
  | 'unknown-critical-extension'
  /** No certificate at hand is the one that the token says signed it. */
  | 'signer-missing'
  /** The signed attributes name another certificate than the one that the signer's name leads to (ESSCertID). */
  | 'wrong-signer'
  /** The digest of the content, or the signature, does not hold. */
  | 'bad-signature'
  /** The signer's certificate is not for timestamps alone: RFC 3161 §2.3. */
  | 'not-for-timestamping'
  /** No path of certificates leads to one of the reader's own roots. */
  | 'untrusted'
  /** A certificate of the path was not valid at the time that the token states. */
  | 'outside-validity'
  /** The token's time lies after the reader's present. */
  | 'in-the-future'
  /** The authority's name in the token is none of its certificate's. */
  | 'wrong-name'
  /** An archive timestamp does not cover what it follows. */
  | 'broken-chain'
  /** A certificate had expired before the timestamp after it was made. */
  | 'renewed-too-late'
  /** The last timestamp's certificate has expired and nothing renews it. */
  | 'expired';

/** The one error of this stage. The message says what is wrong, in words that may be logged. */
export class TimestampError extends Error {
  override readonly name = 'TimestampError';
  readonly code: TimestampErrorCode;

  constructor(code: TimestampErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export const malformed = (message: string) => new TimestampError('malformed', `malformed: ${message}`);
