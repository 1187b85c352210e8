import { BitString, Integer, Sequence } from 'asn1js';
import { bytesOf, contentOf, type Element, Members, parseDer } from './der.js';
import { MAX_TOKEN_SIZE_BYTES } from './signed-data.js';
import { malformed, TimestampError } from './timestamp-error.js';

/** PKIStatus, RFC 3161 §2.4.2. */
const STATUS = ['granted', 'granted with modifications', 'rejection', 'waiting', 'revocation warning', 'revocation'];
/** PKIFailureInfo: each failure's bit. RFC 3161 §2.4.2. */
export const FAILURE_BITS = {
  badAlg: 0,
  badRequest: 2,
  badDataFormat: 5,
  timeNotAvailable: 14,
  unacceptedPolicy: 15,
  unacceptedExtension: 16,
  addInfoNotAvailable: 17,
  systemFailure: 25,
} as const;
export type FailureName = keyof typeof FAILURE_BITS;

/**
 * The token in an authority's answer, or in what is a token already; exactly as it came. A token that is granted with modifications is a
 * token: what it lacks of the request is found when it is verified.
 * @throws TimestampError 'not-granted' with the authority's words, 'malformed', 'too-large'
 */
export function tokenIn(tokenOrResponse: Uint8Array): Uint8Array<ArrayBuffer> {
  const element = parseDer(tokenOrResponse, MAX_TOKEN_SIZE_BYTES);
  const members = Members.of(element, 'an answer of an authority');
  const status = members.maybe(Sequence);
  // A token begins with the kind of its content, an answer with its status.
  if (!status) return bytesOf(element);
  const token = members.maybe(Sequence);
  members.end();
  const { code, words } = readStatus(status);
  const granted = code === 0 || code === 1;
  if (!granted) throw new TimestampError('not-granted', `the authority refused: ${words}`);
  if (!token) throw malformed('an answer that is granted and has no token');
  return bytesOf(token);
}

function readStatus(element: Element): { code: number; words: string } {
  const members = Members.of(element, 'the status of an answer');
  const code = Number(members.next(Integer).toBigInt());
  const text = members.maybe(Sequence);
  const failures = members.maybe(BitString);
  members.end();
  const said = text ? Members.of(text, 'the words of a status').rest().map(textOf) : [];
  const named = failures ? failuresIn(failures) : [];
  return { code, words: [STATUS[code] ?? `status ${code}`, ...named, ...said].join(', ').slice(0, 500) };
}

/** UTF8String; on one line, whatever it holds. */
function textOf(element: Element): string {
  return new TextDecoder().decode(contentOf(element)).replace(/[\x00-\x1f\x7f]+/g, ' ');
}

function failuresIn(failures: BitString): string[] {
  const bytes = failures.valueBlock.valueHexView;
  const isSet = (bit: number) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
  return Object.entries(FAILURE_BITS).flatMap(([name, bit]) => (isSet(bit) ? [name] : []));
}
