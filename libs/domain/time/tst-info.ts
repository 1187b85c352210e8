import { Boolean, GeneralizedTime, Integer, Sequence } from 'asn1js';
import { type Extension, readExtensionList } from './certificate.js';
import { contentOf, type Element, Members, nextInteger, nextOid, parseDer, within } from './der.js';
import { type Imprint, readImprint } from './imprint.js';
import { instantOf } from './instant.js';
import { malformed } from './timestamp-error.js';

/** How far from `genTime` the true time may lie, either way. RFC 3161 §2.4.2. */
export interface Accuracy {
  readonly seconds: number;
  readonly millis: number;
  readonly micros: number;
}

/** What an authority states and signs. RFC 3161 §2.4.2, TSTInfo. */
export interface TstInfo {
  readonly policy: string;
  readonly imprint: Imprint;
  readonly serial: bigint;
  readonly genTime: Date;
  readonly accuracy: Accuracy | null;
  /** Whether two tokens of this authority are in the order of their times, whatever their accuracy. */
  readonly ordering: boolean;
  readonly nonce: bigint | null;
  /** GeneralName. */
  readonly tsa: Element | null;
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** @throws TimestampError 'malformed' | 'unsupported-algorithm' */
export function parseTstInfo(bytes: Uint8Array, maxSizeBytes: number): TstInfo {
  const what = 'the content of a token';
  const members = Members.of(parseDer(bytes, maxSizeBytes), what);
  if (nextInteger(members) !== 1n) throw malformed('the content of a token is not of version 1');
  const policy = nextOid(members);
  const imprint = readImprint(members.any());
  const serial = nextInteger(members);
  const genTime = instantOf(members.next(GeneralizedTime));
  const accuracy = members.maybe(Sequence);
  const ordering = members.maybe(Boolean)?.getValue() ?? false;
  const nonce = members.maybe(Integer)?.toBigInt() ?? null;
  const tsa = members.maybeTagged(0);
  const extensions = members.maybeTagged(1);
  members.end();
  return {
    ...{ policy, imprint, serial, genTime, ordering, nonce },
    accuracy: accuracy ? readAccuracy(accuracy) : null,
    tsa: tsa ? within(tsa, what) : null,
    extensions: readExtensionList(extensions ? Members.ofTagged(extensions, what).rest() : []),
  };
}

function readAccuracy(element: Sequence): Accuracy {
  const members = Members.of(element, 'an accuracy');
  const seconds = members.maybe(Integer)?.toBigInt() ?? 0n;
  const millis = smallInteger(members.maybeTagged(0));
  const micros = smallInteger(members.maybeTagged(1));
  members.end();
  if (seconds < 0n || seconds > 31_536_000n) throw malformed('an accuracy');
  return { seconds: Number(seconds), millis, micros };
}

/** `[n] INTEGER (1..999)`, implicit; 0 where there is none. */
function smallInteger(element: Element | undefined): number {
  if (!element) return 0;
  const content = contentOf(element);
  const value = content.reduce((sum, byte) => sum * 256 + byte, 0);
  if (content.length < 1 || content.length > 2 || value < 1 || value > 999) throw malformed('an accuracy');
  if (content.length === 2 && value < 0x80) throw malformed('an accuracy');
  return value;
}
