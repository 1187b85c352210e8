import { randomBytes } from 'node:crypto';
import {
  type FailureName,
  grantedResponse,
  issueTimestamp,
  parseTimestampRequest,
  refusedResponse,
  TimestampError,
} from '#domain/time';
import type { Authority } from './authority.js';

/** Policy of the demo authority, under the arc that is set aside for examples (RFC 5612): nobody vouches for its clock. */
export const DEMO_POLICY = '1.3.6.1.4.1.32473.3161.1';

/** `genTime` is cut to the second, and the true time is within one of it. */
const ACCURACY_SECONDS = 1;

const FAILURES: Readonly<Partial<Record<TimestampError['code'], FailureName>>> = {
  'unsupported-algorithm': 'badAlg',
  'unknown-critical-extension': 'unacceptedExtension',
  malformed: 'badDataFormat',
  'too-large': 'badRequest',
};

/**
 * The answer to a request, which is always one: a token, or a refusal that says why (RFC 3161 §2.4.2). SHA-256, SHA-384 and SHA-512 are
 * stamped. Serial numbers are 128 random bits, so that none comes twice, whatever crashed.
 */
export async function answer(request: Uint8Array, authority: Authority, now: Date): Promise<Uint8Array> {
  if (now > authority.notAfter) {
    return refusedResponse('timeNotAvailable', 'the certificate has expired: it is made anew at the next start');
  }
  try {
    const { imprint, policy, nonce, certificates } = parseTimestampRequest(request);
    if (policy !== null && policy !== DEMO_POLICY) {
      return refusedResponse('unacceptedPolicy', `only ${DEMO_POLICY} is stamped under`);
    }
    const statement = {
      ...{ imprint, nonce, accuracySeconds: ACCURACY_SECONDS, policy: DEMO_POLICY },
      serial: BigInt(`0x${randomBytes(16).toString('hex')}`) + 1n,
      genTime: new Date(Math.floor(now.getTime() / 1000) * 1000),
    };
    return grantedResponse(await issueTimestamp(statement, authority, certificates));
  } catch (error) {
    if (!(error instanceof TimestampError)) throw error;
    return refusedResponse(FAILURES[error.code] ?? 'systemFailure', error.message);
  }
}
