import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { POLICY, TestAuthority } from '../../../test/support/timestamp-authority.js';
import { integer, octets, oid, sequence, set, tagged } from './der-writer.js';
import { imprintOf, TimestampError, verifyTimestamp } from './index.js';
import { attribute, signContent, tstInfo } from './issue-timestamp.js';
import { OID } from './oids.js';

const bytes = new TextEncoder().encode('custody.example/log\n7\n');
let tsa: TestAuthority;
beforeAll(async () => {
  tsa = await TestAuthority.make();
});

const outcomeOf = (token: Uint8Array) =>
  verifyTimestamp(token, { bytes, roots: [tsa.root.der] }).then(
    () => 'verified',
    (error: unknown) => {
      if (error instanceof TimestampError) return error.code;
      throw error;
    },
  );

describe('what is signed', () => {
  const statement = () => ({
    ...{ imprint: imprintOf(bytes), policy: POLICY, serial: 7n, nonce: null, accuracySeconds: 1 },
    genTime: new Date('2026-06-01T12:00:00Z'),
  });
  const signed = (attributes: (content: Uint8Array) => Uint8Array[], content = tstInfo(statement(), tsa.issuer)) =>
    signContent(content, attributes(content), tsa.issuer);
  const type = (of: string = OID.tstInfo) => attribute(OID.contentType, oid(of));
  const digest = (of: Uint8Array) => attribute(OID.messageDigest, octets(sha256(of)));
  const idV2 = (of = tsa.signer.der, ...more: Uint8Array[]) =>
    attribute(OID.signingCertificateV2, sequence(sequence(sequence(octets(sha256(of)), ...more))));
  const idV1 = (of = tsa.signer.der) =>
    attribute(OID.signingCertificate, sequence(sequence(sequence(octets(sha1(of))))));

  it.each<[string, (content: Uint8Array) => Uint8Array[], string]>([
    ['the three that must be there', (content) => [type(), digest(content), idV2()], 'verified'],
    ['the signer by SHA-1 alone', (content) => [type(), digest(content), idV1()], 'verified'],
    ['the signer both ways', (content) => [type(), digest(content), idV1(), idV2()], 'verified'],
    [
      'another signer by SHA-1, the right one by SHA-256',
      (content) => [type(), digest(content), idV1(tsa.root.der), idV2()],
      'wrong-signer',
    ],
    ['another signer', (content) => [type(), digest(content), idV2(tsa.root.der)], 'wrong-signer'],
    [
      'another serial number',
      (content) => [type(), digest(content), idV2(tsa.signer.der, issuedBy('root', 1n))],
      'wrong-signer',
    ],
    ['no signer', (content) => [type(), digest(content)], 'malformed'],
    ['no content type', (content) => [digest(content), idV2()], 'malformed'],
    ['another content type', (content) => [type('1.2.840.113549.1.7.1'), digest(content), idV2()], 'malformed'],
    ['no digest', () => [type(), idV2()], 'malformed'],
    ['the digest of something else', () => [type(), digest(bytes), idV2()], 'bad-signature'],
    ['two digests', (content) => [type(), digest(content), digest(bytes), idV2()], 'malformed'],
    [
      'an attribute of no value',
      (content) => [type(), digest(content), idV2(), sequence(oid('1.2.3'), set())],
      'malformed',
    ],
  ])('names %s', async (_, attributes, outcome) => {
    expect(await outcomeOf(await signed(attributes))).toBe(outcome);
  });

  const issuedBy = (name: string, serial: bigint) =>
    sequence(
      sequence(
        tagged(
          4,
          sequence(set(sequence(oid('2.5.4.3'), Buffer.concat([Buffer.from([12, name.length]), Buffer.from(name)])))),
        ),
      ),
      integer(serial),
    );

  it.each<[string, (content: string) => string, string]>([
    ['version 2', (hex) => hex.replace('020101', '020102'), 'malformed'],
    [
      'a time without seconds',
      (hex) => shorter(hex, '180f32303236303630313132303030305a', '180d3230323630363031313230305a'),
      'malformed',
    ],
    ['a time that is none', (hex) => hex.replace('3230323630363031', '3230323630363331'), 'malformed'],
    ['a name that is not its certificate’s', (hex) => hex.replace('7369676e6572', '7369676e6577'), 'wrong-name'],
    ['an unknown digest', (hex) => hex.replace('608648016503040201', '608648016503040209'), 'unsupported-algorithm'],
  ])('refuses content with %s', async (_, change, outcome) => {
    const hex = Buffer.from(tstInfo(statement(), tsa.issuer)).toString('hex');
    const content = Buffer.from(change(hex), 'hex');
    expect(content).not.toEqual(Buffer.from(hex, 'hex'));
    expect(await outcomeOf(await signed((of) => [type(), digest(of), idV2()], Uint8Array.from(content)))).toBe(outcome);
  });

  /** Replaces a part by a shorter one, and the length of the whole with it. */
  function shorter(hex: string, from: string, to: string): string {
    const size = Number.parseInt(hex.slice(2, 4), 16) - (from.length - to.length) / 2;
    return `${hex.slice(0, 2)}${size.toString(16).padStart(2, '0')}${hex.slice(4).replace(from, to)}`;
  }

  it('refuses a token that lists another digest than its own, RFC 5652 §5.3', async () => {
    const hex = Buffer.from(await tsa.stamp(bytes)).toString('hex');
    // The first digest in a token is the one that it lists: SHA-512 in the place of SHA-256.
    const listed = Buffer.from(hex.replace('608648016503040201', '608648016503040203'), 'hex');
    expect(await outcomeOf(Uint8Array.from(listed))).toBe('malformed');
  });

  it('refuses a token with any byte changed', async () => {
    const token = await tsa.stamp(bytes);
    for (const at of token.keys()) {
      const changed = Uint8Array.from(token);
      changed[at]! ^= 0x01;
      expect([at, await outcomeOf(changed)]).not.toEqual([at, 'verified']);
    }
  }, 120_000);
});

describe('the form of a token', () => {
  it.each<[string, (token: Uint8Array) => Uint8Array, string]>([
    ['nothing', () => new Uint8Array(), 'malformed'],
    ['a byte after the end', (token) => Buffer.concat([token, Buffer.from([0])]), 'malformed'],
    ['half of it', (token) => token.slice(0, token.length / 2), 'malformed'],
    ['more than 64 KiB', () => new Uint8Array(64 * 1024 + 1), 'too-large'],
    ['an indefinite length', () => Buffer.from('308006092a864886f70d0107020000', 'hex'), 'malformed'],
    ['a length that is not the shortest', () => Buffer.from('30810302017f', 'hex'), 'malformed'],
    ['ten thousand nestings', () => nested(10_000), 'malformed'],
    [
      'ten thousand siblings',
      () => sequence(...Array.from({ length: 20_000 }, () => Uint8Array.of(5, 0))),
      'malformed',
    ],
    ['a certificate', () => tsa.signer.der, 'malformed'],
  ])('refuses %s', async (_, change, outcome) => {
    const before = performance.now();
    expect(await outcomeOf(change(await tsa.stamp(bytes)))).toBe(outcome);
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  function nested(depth: number): Uint8Array {
    let inner: Uint8Array = Uint8Array.of(5, 0);
    for (let level = 0; level < depth && inner.length < 60_000; level++) inner = sequence(inner);
    return inner;
  }
});
