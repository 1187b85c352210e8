/** Every problem the API answers with: its code is the last part of `type` (RFC 9457), `/problems/<code>` explains it. */
export const PROBLEMS = {
  'malformed-json': [400, 'The body is not well-formed JSON'],
  'malformed-request': [400, 'The request is not as the contract says'],
  'unknown-field': [400, 'The request has a field that the contract does not know'],
  'page-size': [400, 'The page size is out of bounds'],
  'short-body': [400, 'The body ended before its announced length'],
  'short-part': [400, 'The part is shorter than its number demands'],
  'digest-missing': [400, 'A part needs a Content-Digest with sha-256'],
  unauthenticated: [401, 'A valid access token is needed, with a proof that it is yours'],
  'insufficient-user-authentication': [401, 'A more recent or stronger sign-in is needed'],
  forbidden: [403, 'This officer may not do this'],
  'signer-not-certified': [403, 'The signing key is not certified by the agency'],
  'own-proposal': [403, 'Who proposes does not approve'],
  'not-found': [404, 'There is no such thing, or not for you'],
  'method-not-allowed': [405, 'The method is not allowed here'],
  'not-acceptable': [406, 'None of the accepted media types can be served'],
  'request-timeout': [408, 'The request took too long to arrive'],
  conflict: [409, 'The state of the thing does not allow this'],
  'exists-with-other-content': [409, 'This id is taken by something else'],
  'part-size': [409, 'The part has not the size its number demands'],
  'part-offset': [409, 'The part does not begin where its number demands'],
  'length-required': [411, 'A Content-Length is needed'],
  'precondition-failed': [412, 'The thing has changed since'],
  'too-large': [413, 'The body is too large'],
  'media-type': [415, 'The media type is not supported'],
  'range-not-satisfiable': [416, 'The range cannot be served'],
  'digest-mismatch': [422, 'The bytes are not what their digest says'],
  'manifest-mismatch': [422, 'The manifest does not say what was registered and stored'],
  'manifest-invalid': [422, 'The manifest or its signature is not valid'],
  'facts-incomplete': [422, 'Facts of the seizure are missing or wrong'],
  'idempotency-mismatch': [422, 'This Idempotency-Key was used for another request'],
  'key-not-certified': [422, 'The key is not certified by the agreement'],
  'precondition-required': [428, 'An If-Match is needed'],
  'too-many-requests': [429, 'Too many requests'],
  'headers-too-large': [431, 'The header fields are too large'],
  internal: [500, 'Something went wrong on our side'],
  unavailable: [503, 'A service behind the platform does not answer; nothing was lost'],
  'storage-full': [507, 'The store has no room'],
} as const satisfies Record<string, readonly [status: number, title: string]>;
export type ProblemCode = keyof typeof PROBLEMS;

/** The body of an error answer, `application/problem+json` (RFC 9457). */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  /** For a refusal by `decide()`: the rule applied and its source in law. */
  readonly rule?: string;
  readonly source?: string;
  /** Field by field, what is wrong. */
  readonly faults?: readonly { readonly path: string; readonly message: string }[];
}

/** An error that the API answers as a problem; thrown by use cases, mapped by one filter. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly extra: Partial<Pick<ProblemBody, 'rule' | 'source' | 'faults'>>;

  constructor(
    code: ProblemCode,
    detail?: string,
    extra: Partial<Pick<ProblemBody, 'rule' | 'source' | 'faults'>> = {},
  ) {
    super(detail ?? PROBLEMS[code][1]);
    this.code = code;
    this.extra = extra;
  }

  get status(): number {
    return PROBLEMS[this.code][0];
  }

  /** Its `type` is a reference relative to the API's origin, where the page that explains it is served (RFC 9457 §3.1.1). */
  body(): ProblemBody {
    return {
      type: `/problems/${this.code}`,
      title: PROBLEMS[this.code][1],
      status: this.status,
      code: this.code,
      detail: this.message,
      ...this.extra,
    };
  }
}
