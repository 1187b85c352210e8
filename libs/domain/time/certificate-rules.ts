import { BitString, Boolean, Integer, ObjectIdentifier } from 'asn1js';
import { type Certificate, MAX_CERTIFICATE_SIZE_BYTES } from './certificate.js';
import { expect, Members, parseDer } from './der.js';
import { TimestampError } from './timestamp-error.js';

const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const ANY_USAGE = '2.5.29.37.0';
/** Those that may be critical and change nothing here: names and keys identified, and policies, which the reader's own policy replaces. */
const KNOWN: ReadonlySet<string> = new Set([
  BASIC_CONSTRAINTS,
  KEY_USAGE,
  EXTENDED_KEY_USAGE,
  '2.5.29.14',
  '2.5.29.17',
  '2.5.29.18',
  '2.5.29.32',
  '2.5.29.35',
]);
const NAME_CONSTRAINTS = '2.5.29.30';

/** Bits of KeyUsage, RFC 5280 §4.2.1.3. */
const [DIGITAL_SIGNATURE, NON_REPUDIATION, KEY_CERT_SIGN] = [0, 1, 5];

/**
 * The signer's certificate must be for timestamps and for nothing else: its extended key usage critical and `id-kp-timeStamping` alone
 * (RFC 3161 §2.3), its key usage, where stated, of signatures alone.
 * @throws TimestampError 'not-for-timestamping' | 'unknown-critical-extension' | 'malformed'
 */
export function requireTimestampingSigner(certificate: Certificate): void {
  requireKnownExtensions(certificate);
  const usage = certificate.extensions.get(EXTENDED_KEY_USAGE);
  if (!usage?.critical) throw notForTimestamping('its extended key usage is not critical, or not stated');
  const purposes = purposesIn(usage.value);
  if (purposes.length !== 1 || purposes[0] !== TIME_STAMPING) throw notForTimestamping('it is for other purposes');
  const bits = keyUsageOf(certificate);
  if (bits && (bits.length === 0 || bits.some((bit) => bit !== DIGITAL_SIGNATURE && bit !== NON_REPUDIATION))) {
    throw notForTimestamping('its key is not for signatures alone');
  }
}

/**
 * Whether one certificate may stand above others: a CA, with as many below it as it allows, whose key signs certificates, for timestamps
 * if its purposes are limited. RFC 5280 §6.1.4. Name constraints are not understood, and refused.
 * @param below authorities between it and the signer
 * @throws TimestampError 'untrusted' | 'unknown-critical-extension' | 'malformed'
 */
export function requireAuthority(certificate: Certificate, below: number): void {
  requireKnownExtensions(certificate);
  const basic = certificate.extensions.get(BASIC_CONSTRAINTS);
  const { authority, maxBelow } = basic ? constraintsIn(basic.value) : { authority: false, maxBelow: undefined };
  const may = authority && (maxBelow === undefined || BigInt(below) <= maxBelow);
  const bits = keyUsageOf(certificate);
  const usage = certificate.extensions.get(EXTENDED_KEY_USAGE);
  const purposes = usage && purposesIn(usage.value);
  const forTime = !purposes || purposes.includes(TIME_STAMPING) || purposes.includes(ANY_USAGE);
  if (!may || (bits && !bits.includes(KEY_CERT_SIGN)) || !forTime) {
    throw new TimestampError('untrusted', `${certificate.subject.text} may not issue this certificate`);
  }
}

function requireKnownExtensions({ subject, extensions }: Certificate): void {
  for (const [oid, { critical }] of extensions) {
    if ((critical && !KNOWN.has(oid)) || oid === NAME_CONSTRAINTS) {
      throw new TimestampError('unknown-critical-extension', `${subject.text} has the extension ${oid}`);
    }
  }
}

function purposesIn(value: Uint8Array): string[] {
  const what = 'an extended key usage';
  const members = Members.of(parseDer(value, MAX_CERTIFICATE_SIZE_BYTES), what).rest();
  return members.map((member) => expect(member, ObjectIdentifier, what).getValue());
}

function keyUsageOf({ extensions }: Certificate): number[] | undefined {
  const usage = extensions.get(KEY_USAGE);
  if (!usage) return undefined;
  const bits = expect(parseDer(usage.value, 16), BitString, 'a key usage').valueBlock.valueHexView;
  return [...bits].flatMap((byte, at) =>
    Array.from({ length: 8 }, (_, bit) => (byte & (0x80 >> bit) ? 8 * at + bit : -1)).filter((bit) => bit >= 0),
  );
}

function constraintsIn(value: Uint8Array): { authority: boolean; maxBelow: bigint | undefined } {
  const members = Members.of(parseDer(value, 64), 'basic constraints');
  const authority = members.maybe(Boolean)?.getValue() ?? false;
  const maxBelow = members.maybe(Integer)?.toBigInt();
  members.end();
  return { authority, maxBelow };
}

const notForTimestamping = (why: string) =>
  new TimestampError('not-for-timestamping', `the signer's certificate is not for timestamps: ${why}`);
