export type ManifestErrorCode =
  | 'json-not-utf8'
  | 'json-bom'
  | 'json-syntax'
  | 'json-trailing'
  | 'json-too-deep'
  | 'json-duplicate-member'
  /** `__proto__` or `constructor`: no document of ours has them, and code that merges objects trips over them. */
  | 'json-forbidden-member'
  | 'json-lone-surrogate'
  | 'json-nul'
  /** Not finite, too small to tell from zero, or an integer beyond ±(2^53 − 1). */
  | 'json-number'
  /** A value that JSON does not have. */
  | 'not-json'
  /** Not a general JWS of `payload` and `signatures` of `protected` and `signature`, or more than that. */
  | 'jws-shape'
  | 'jws-base64'
  /** A protected header with a parameter too many or too few (`jwk`, `jku`, `x5u`, `x5c`, `crit`, `b64` and all others). */
  | 'jws-header'
  | 'jws-alg'
  | 'jws-typ'
  | 'jws-kid'
  | 'duplicate-signature'
  | 'signature-missing'
  | 'bad-signature'
  /** Nobody known has this key. */
  | 'unknown-key'
  /** Not an Ed25519 key in the one form accepted, or not the one its id names. */
  | 'bad-key'
  | 'payload-not-canonical'
  /** The document is not as its schema says; `problems` has each fault. */
  | 'bad-document'
  | 'already-sealed'
  /** The seal says it verified other counts than the manifest has. */
  | 'seal-mismatch'
  /** A signature by who is not named in the document it stands on. */
  | 'wrong-signer'
  /** An amendment of another text than the one in force, or a statement that does not follow the last one. */
  | 'stale-version'
  /** An amendment that leaves a party out which has not ended the agreement. */
  | 'party-missing'
  | 'not-yet-valid'
  | 'expired';

export interface Problem {
  /** Members on the way, joined with dots; '' is the whole. */
  readonly path: string;
  readonly message: string;
}

/** What the parsing, signing and verifying of signed documents refuses. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code: ManifestErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: ManifestErrorCode, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.code = code;
    this.problems = problems;
  }
}
