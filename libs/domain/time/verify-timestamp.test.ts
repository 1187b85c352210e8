import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  certify,
  certifySigner,
  type CertificateChoices,
  extension,
  POLICY,
  TestAuthority,
  TIME_STAMPING,
} from '../../../test/support/timestamp-authority.js';
import { integer, sequence } from './der-writer.js';
import { imprintOf, issueTimestamp, type TimestampChecks, TimestampError, verifyTimestamp } from './index.js';
import { grantedResponse, refusedResponse, signContent, signedAttributes, tstInfo } from './issue-timestamp.js';

const bytes = new TextEncoder().encode('custody.example/log\n7\n');
let tsa: TestAuthority;
beforeAll(async () => {
  tsa = await TestAuthority.make();
});

type Checks = Partial<TimestampChecks>;
const outcomeOf = (token: Uint8Array, checks: Checks = {}, of = tsa) =>
  verifyTimestamp(token, {
    ...('imprint' in checks ? {} : { bytes }),
    roots: [of.root.der],
    ...checks,
  } as TimestampChecks).then(
    () => 'verified',
    (error: unknown) => {
      if (error instanceof TimestampError) return error.code;
      throw error;
    },
  );

describe('verifying a timestamp', () => {
  it('gives what the authority states, and until when it stands', async () => {
    const token = await tsa.stamp(bytes);
    const verified = await verifyTimestamp(grantedResponse(token), {
      bytes,
      roots: [tsa.root.der],
      nonce: 5n,
      policies: [POLICY],
    });
    expect(verified).toEqual({
      genTime: new Date('2026-06-01T12:00:00Z'),
      accuracy: { seconds: 1, millis: 0, micros: 0 },
      ordering: false,
      policy: POLICY,
      tsaName: 'CN=signer',
      serial: '7',
      imprint: imprintOf(bytes),
      certificateNotAfter: new Date('2036-01-01'),
      token,
      root: tsa.root.der,
    });
  });

  it.each<[string, Checks, string]>([
    ['the digest instead of the bytes', { imprint: imprintOf(bytes) }, 'verified'],
    ['other bytes', { bytes: new Uint8Array(1) }, 'wrong-imprint'],
    ['a digest of another kind', { imprint: imprintOf(bytes, 'SHA-512') }, 'wrong-imprint'],
    ['another nonce', { nonce: 6n }, 'wrong-nonce'],
    ['another policy', { policies: ['1.2.3'] }, 'wrong-policy'],
    ['a present before the token', { at: new Date('2026-06-01T11:59:59Z') }, 'in-the-future'],
    ['a present long after', { at: new Date('2090-01-01') }, 'verified'],
    ['no root', { roots: [] }, 'untrusted'],
  ])('checks against %s', async (_, checks, outcome) => {
    expect(await outcomeOf(await tsa.stamp(bytes), checks)).toBe(outcome);
  });

  it('does not believe certificates for having come along', async () => {
    const stranger = await TestAuthority.make();
    expect(await outcomeOf(await stranger.stamp(bytes))).toBe('untrusted');
    const issuer = { ...stranger.issuer, chain: [stranger.root.der] };
    const statement = { imprint: imprintOf(bytes), policy: POLICY, serial: 7n, nonce: null, accuracySeconds: 1 };
    const withRoot = await issueTimestamp({ ...statement, genTime: new Date('2026-06-01') }, issuer);
    expect(await outcomeOf(withRoot)).toBe('untrusted');
    expect(await outcomeOf(withRoot, {}, stranger)).toBe('verified');
    expect(await outcomeOf(await stranger.stamp(bytes), { certificates: [stranger.root.der] })).toBe('untrusted');
  });

  it('says what an authority that refuses says', async () => {
    const refusal = refusedResponse('badAlg', 'no\nSHA-1 here');
    await expect(verifyTimestamp(refusal, { bytes, roots: [] })).rejects.toMatchObject({
      code: 'not-granted',
      message: 'the authority refused: rejection, badAlg, no SHA-1 here',
    });
    // Whatever comes along with it: a token that is not granted is none.
    const both = sequence(sequence(integer(2n)), await tsa.stamp(bytes));
    expect(await outcomeOf(both)).toBe('not-granted');
    expect(await outcomeOf(sequence(sequence(integer(0n))))).toBe('malformed');
  });
});

describe('the certificate of a signer', () => {
  const other = '1.3.6.1.5.5.7.3.3';
  it.each<[string, Partial<CertificateChoices>, string]>([
    ['has no extended key usage', { purposes: null }, 'not-for-timestamping'],
    ['has one that is not critical', { purposes: { oids: [TIME_STAMPING], critical: false } }, 'not-for-timestamping'],
    ['is for code too', { purposes: { oids: [TIME_STAMPING, other], critical: true } }, 'not-for-timestamping'],
    ['is for code alone', { purposes: { oids: [other], critical: true } }, 'not-for-timestamping'],
    ['is for anything', { purposes: { oids: ['2.5.29.37.0'], critical: true } }, 'not-for-timestamping'],
    ['may certify too', { keyUsage: 0x84 }, 'not-for-timestamping'],
    ['may not sign', { keyUsage: 0x20 }, 'not-for-timestamping'],
    ['may sign and vouch', { keyUsage: 0xc0 }, 'verified'],
    ['states no key usage', { keyUsage: null }, 'verified'],
    [
      'has an unknown critical extension',
      { more: [extension('1.2.3.4', true, new Uint8Array([5, 0]).buffer)] },
      'unknown-critical-extension',
    ],
    ['has an unknown extension', { more: [extension('1.2.3.4', false, new Uint8Array([5, 0]).buffer)] }, 'verified'],
    ['began later', { notBefore: new Date('2026-06-01T12:00:01Z') }, 'outside-validity'],
    ['had ended', { notAfter: new Date('2026-06-01T11:59:59Z') }, 'outside-validity'],
    ['ended since, long ago', { notAfter: new Date('2026-06-01T12:00:00Z') }, 'verified'],
    ['was signed with SHA-1', { hash: 'SHA-1' }, 'unsupported-algorithm'],
  ])('that %s', async (_, choices, outcome) => {
    const authority = await TestAuthority.make(choices);
    expect(await outcomeOf(await authority.stamp(bytes), { at: new Date('2050-01-01') }, authority)).toBe(outcome);
  });
});

describe('a path of certificates', () => {
  const through = async (choices: Partial<CertificateChoices>, root: Partial<CertificateChoices> = {}) => {
    const top = await certify({ name: 'root', authority: {}, ...root });
    const middle = await certify({ name: 'middle', issuer: top, authority: {}, ...choices });
    const signer = await certifySigner(middle);
    return { top, middle, signer };
  };
  const stampedBy = async ({ top, middle, signer }: Awaited<ReturnType<typeof through>>) => {
    const issuer = { certificate: signer.der, chain: [middle.der, top.der], privateKey: signer.keys.privateKey };
    const content = tstInfo(
      {
        ...{ imprint: imprintOf(bytes), policy: POLICY, serial: 7n, nonce: null },
        genTime: new Date('2026-06-01T12:00:00Z'),
        accuracySeconds: 1,
      },
      issuer,
    );
    return signContent(content, signedAttributes(content, issuer), issuer);
  };

  it.each<[string, Partial<CertificateChoices>, Partial<CertificateChoices>, string]>([
    ['leads through an authority', {}, {}, 'verified'],
    [
      'leads through one for timestamps alone',
      { purposes: { oids: [TIME_STAMPING], critical: false } },
      {},
      'verified',
    ],
    [
      'leads through one for servers alone',
      { purposes: { oids: ['1.3.6.1.5.5.7.3.1'], critical: false } },
      {},
      'untrusted',
    ],
    ['leads through what is no authority', { authority: null }, {}, 'untrusted'],
    ['leads through one that may not certify', { keyUsage: 0x80 }, {}, 'untrusted'],
    ['is longer than the root allows', {}, { authority: { pathLength: 0 } }, 'untrusted'],
    ['is as long as the root allows', {}, { authority: { pathLength: 1 } }, 'verified'],
    ['leads through one that had ended', { notAfter: new Date('2026-05-01') }, {}, 'outside-validity'],
    ['ends at a root that had ended', {}, { notAfter: new Date('2026-05-01') }, 'outside-validity'],
    [
      'leads through constrained names',
      { more: [extension('2.5.29.30', false, new Uint8Array([0x30, 0]).buffer)] },
      {},
      'unknown-critical-extension',
    ],
  ])('that %s', async (_, middle, root, outcome) => {
    const path = await through(middle, root);
    expect(await outcomeOf(await stampedBy(path), { roots: [path.top.der] })).toBe(outcome);
  });

  it('may end at whatever the reader pins: an intermediate authority, or the signer', async () => {
    const path = await through({});
    const token = await stampedBy(path);
    expect(await outcomeOf(token, { roots: [path.middle.der] })).toBe('verified');
    expect(await outcomeOf(token, { roots: [path.signer.der] })).toBe('verified');
  });

  it('is not made of names alone', async () => {
    const path = await through({});
    const namesake = await through({});
    expect(await outcomeOf(await stampedBy(path), { roots: [namesake.top.der] })).toBe('untrusted');
    expect(await outcomeOf(await stampedBy({ ...path, middle: namesake.middle }), { roots: [path.top.der] })).toBe(
      'untrusted',
    );
  });

  it.each<[string, Partial<CertificateChoices>, string]>([
    ['RSA of 2048 bits', { algorithm: rsa(2048) }, 'verified'],
    ['RSA of 1024 bits', { algorithm: rsa(1024) }, 'unsupported-algorithm'],
    ['a signature with SHA-1, its own, which nobody checks', { hash: 'SHA-1' }, 'verified'],
    ['P-384', { algorithm: { name: 'ECDSA', namedCurve: 'P-384' } }, 'verified'],
    ['P-521', { algorithm: { name: 'ECDSA', namedCurve: 'P-521' } }, 'verified'],
  ])('under a root of %s', async (_, root, outcome) => {
    const authority = await TestAuthority.make({}, root);
    expect(await outcomeOf(await authority.stamp(bytes), {}, authority)).toBe(outcome);
  });
});

function rsa(modulusLength: number): RsaHashedKeyGenParams {
  return { name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };
}
