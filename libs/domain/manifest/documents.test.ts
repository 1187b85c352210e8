import { describe, expect, it } from '@jest/globals';
import { codeOf } from '../../../test/support/code-of.js';
import {
  exampleAgreement,
  exampleCertificate,
  exampleFile,
  exampleManifest,
  exampleParty,
  exampleReceipt,
  exampleSeal,
} from '../../../test/support/example-documents.js';
import { FileId } from '#domain/evidence';
import type { AgencyKeys, PrivateJwk } from './index.js';
import {
  addSeal,
  certifyOfficer,
  checkAgreement,
  countersignAgreement,
  newSigningKey,
  objectVersionsSha256,
  publicJwkOf,
  signAgencyStatement,
  signAgreement,
  signManifest,
  signReceipt,
  signerOf,
  verifyAgencyStatement,
  verifyAgreement,
  verifyManifest,
  verifyOfficerCertificate,
  verifyReceipt,
  verifySeal,
} from './index.js';

const officerKey = await newSigningKey();
const platformKey = await newSigningKey();
const officer = await signerOf(officerKey);
const platform = await signerOf(platformKey);
const keyOfOfficer = (): ReturnType<typeof publicJwkOf> => publicJwkOf(officerKey);
const keyOfPlatform = (): ReturnType<typeof publicJwkOf> => publicJwkOf(platformKey);

describe('the platform’s seal', () => {
  const manifest = exampleManifest({
    files: [exampleFile(), exampleFile({ name: 'b', sizeBytes: 0, sealedSizeBytes: 32 })],
  });
  const seal = exampleSeal(manifest);
  const signed = signManifest(manifest, officer);

  it('stands beside the officer’s signature, on the same bytes, and both verify', async () => {
    const sealed = await addSeal(await signed, seal, platform);
    expect(sealed.payload).toBe((await signed).payload);
    const verified = await verifyManifest(sealed, keyOfOfficer);
    expect(verified).toMatchObject({ manifest, hasSeal: true, kids: [officer.kid] });
    expect(await verifySeal(sealed, keyOfPlatform)).toEqual({
      seal,
      kid: platform.kid,
      payloadSha256: verified.payloadSha256,
    });
  });

  it('is no officer’s signature, nor the other way round', async () => {
    const sealed = await addSeal(await signed, seal, platform);
    const sealAlone = { ...sealed, signatures: sealed.signatures.slice(1) };
    expect(await codeOf(() => verifyManifest(sealAlone, keyOfPlatform))).toBe('signature-missing');
    expect(await codeOf(async () => verifySeal(await signed, keyOfOfficer))).toBe('signature-missing');
  });

  it('is put once', async () => {
    const sealed = await addSeal(await signed, seal, platform);
    expect(await codeOf(() => addSeal(sealed, seal, platform))).toBe('already-sealed');
    const again = await addSeal(await signed, seal, await signerOf(await newSigningKey()));
    const twice = { ...sealed, signatures: [...sealed.signatures, ...again.signatures.slice(1)] };
    expect(await codeOf(() => verifySeal(twice, keyOfPlatform))).toBe('signature-missing');
  });

  it('does not hold on another manifest', async () => {
    const sealed = await addSeal(await signed, seal, platform);
    const corrected = await signManifest({ ...manifest, software: 'amana 0.1.1' }, officer);
    const moved = { ...corrected, signatures: [...corrected.signatures, ...sealed.signatures.slice(1)] };
    expect(await codeOf(() => verifySeal(moved, keyOfPlatform))).toBe('bad-signature');
  });

  it.each([
    ['fewer files', { ...seal.verified, files: 1 }],
    ['fewer bytes', { ...seal.verified, sealedSizeBytes: seal.verified.sealedSizeBytes - 1 }],
    ['more chunks', { ...seal.verified, chunks: 3 }],
  ])('is of all the manifest names, not of %s', async (_, verified) => {
    expect(await codeOf(async () => addSeal(await signed, { ...seal, verified }, platform))).toBe('seal-mismatch');
  });

  it('says what it must and nothing more', async () => {
    const wrong = { ...seal, note: 'x' };
    expect(await codeOf(async () => addSeal(await signed, wrong, platform))).toBe('bad-document');
  });

  it('names the versions of objects in any order', () => {
    const [a, b] = [
      { fileId: FileId.parse('00000000-0000-4000-8000-000000000001'), versionId: 'v1' },
      { fileId: FileId.parse('00000000-0000-4000-8000-000000000002'), versionId: 'v2' },
    ];
    expect(objectVersionsSha256([a, b])).toBe(objectVersionsSha256([b, a]));
    expect(objectVersionsSha256([a])).not.toBe(objectVersionsSha256([b]));
  });
});

describe('an officer’s certificate', () => {
  const at = new Date('2026-11-20T16:00:00.000Z');

  it('is verified with the key of the officer’s agency, while it holds', async () => {
    const { party, privateKey } = await exampleParty();
    const certificate = await exampleCertificate(party.agencyId);
    const jws = await certifyOfficer(certificate, await signerOf(privateKey));
    expect((await verifyOfficerCertificate(jws, () => party, at)).statement).toEqual(certificate);
    const codeAt = (moment: string): Promise<unknown> =>
      codeOf(() => verifyOfficerCertificate(jws, () => party, new Date(moment)));
    expect(await codeAt('2025-12-31T23:59:59.999Z')).toBe('not-yet-valid');
    expect(await codeAt('2027-01-01T00:00:00.000Z')).toBe('expired');
  });

  it('is not another agency’s to give, nor the officer’s own', async () => {
    const [{ party }, other] = [await exampleParty(), await exampleParty()];
    const certificate = await exampleCertificate(party.agencyId);
    const jws = await certifyOfficer(certificate, await signerOf(other.privateKey));
    expect(await codeOf(() => verifyOfficerCertificate(jws, () => other.party, at))).toBe('wrong-signer');
    expect(await codeOf(() => verifyOfficerCertificate(jws, () => party, at))).toBe('bad-key');
    expect(await codeOf(() => verifyOfficerCertificate(jws, () => undefined, at))).toBe('unknown-key');
  });

  it.each<[string, object]>([
    ['no role', { roles: [] }],
    ['a role twice', { roles: ['auditor', 'auditor'] }],
    ['a role that is none', { roles: ['king'] }],
    ['a recipient that is none', { recipient: 'age1' }],
    ['an end before its start', { validUntil: '2025-01-01T00:00:00.000Z' }],
    ['a name of two lines', { name: 'a\nb' }],
  ])('is not given with %s', async (_, changes) => {
    const { party, privateKey } = await exampleParty();
    const certificate = { ...(await exampleCertificate(party.agencyId)), ...changes };
    expect(await codeOf(async () => certifyOfficer(certificate, await signerOf(privateKey)))).toBe('bad-document');
  });
});

describe('an agency’s statement', () => {
  it('is signed with the key it states', async () => {
    const { party, privateKey } = await exampleParty();
    const statement = { schema: 'amana-agency/v1', ...party } as const;
    const jws = await signAgencyStatement(statement, await signerOf(privateKey));
    expect((await verifyAgencyStatement(jws)).statement).toEqual(statement);
    const forged = await signAgencyStatement(statement, officer);
    expect(await codeOf(() => verifyAgencyStatement(forged))).toBe('unknown-key');
  });

  it('names a recovery recipient of its own', async () => {
    const { party, privateKey } = await exampleParty();
    const statement = { schema: 'amana-agency/v1', ...party, recoveryRecipient: party.recipient } as const;
    expect(await codeOf(async () => signAgencyStatement(statement, await signerOf(privateKey)))).toBe('bad-document');
  });
});

describe('an agreement', () => {
  const three = async (): Promise<{ parties: AgencyKeys[]; keys: PrivateJwk[] }> => {
    const made = [await exampleParty(), await exampleParty({ state: 'IT' }), await exampleParty({ state: 'TN' })];
    return { parties: made.map(({ party }) => party), keys: made.map(({ privateKey }) => privateKey) };
  };

  it('holds once every party has signed, and tells meanwhile who has not', async () => {
    const { parties, keys } = await three();
    const agreement = exampleAgreement(parties);
    const [first, second, third] = await Promise.all(keys.map(signerOf));
    let jws = await signAgreement(agreement, first!);
    jws = await countersignAgreement(jws, third!);
    expect(await checkAgreement(jws)).toMatchObject({
      signedBy: [parties[0]?.agencyId, parties[2]?.agencyId],
      missing: [parties[1]?.agencyId],
    });
    expect(await codeOf(() => verifyAgreement(jws))).toBe('signature-missing');
    expect(await codeOf(() => countersignAgreement(jws, first!))).toBe('duplicate-signature');
    jws = await countersignAgreement(jws, second!);
    expect((await verifyAgreement(jws)).agreement).toEqual(agreement);
  });

  it('takes the signature of parties alone', async () => {
    const { parties, keys } = await three();
    const agreement = exampleAgreement(parties);
    expect(await codeOf(() => signAgreement(agreement, officer))).toBe('wrong-signer');
    const jws = await signAgreement(agreement, await signerOf(keys[0]!));
    expect(await codeOf(() => countersignAgreement(jws, officer))).toBe('wrong-signer');
  });

  it('does not hold with a signature of other words', async () => {
    const { parties, keys } = await three();
    const [first, second] = [await signerOf(keys[0]!), await signerOf(keys[1]!)];
    const agreement = exampleAgreement(parties);
    const jws = await signAgreement(agreement, first);
    const other = await signAgreement({ ...agreement, purposes: ['Anything'] }, second);
    const mixed = { ...jws, signatures: [...jws.signatures, ...other.signatures] };
    expect(await codeOf(() => checkAgreement(mixed))).toBe('bad-signature');
  });

  it.each<[string, (parties: AgencyKeys[]) => object]>([
    ['one party', ([a]) => ({ parties: [a] })],
    ['an agency twice', ([a, b]) => ({ parties: [a, { ...b, agencyId: a?.agencyId }] })],
    ['two parties with one signing key', ([a, b]) => ({ parties: [a, { ...b, signingKey: a?.signingKey }] })],
    ['two parties with one recipient', ([a, b]) => ({ parties: [a, { ...b, recipient: a?.recipient }] })],
    [
      'one’s recovery recipient as another’s recipient',
      ([a, b]) => ({ parties: [a, { ...b, recipient: a?.recoveryRecipient }] }),
    ],
    [
      'a clause twice',
      () => ({
        clauses: [
          { number: '1', text: 'a' },
          { number: '1', text: 'b' },
        ],
      }),
    ],
    ['no purpose', () => ({ purposes: [] })],
    ['an end before its start', () => ({ validUntil: '2020-01-01T00:00:00.000Z' })],
    ['a state that is none', ([a, b]) => ({ parties: [a, { ...b, state: 'Italy' }] })],
  ])('is not made with %s', async (_, changes) => {
    const { parties, keys } = await three();
    const agreement = { ...exampleAgreement(parties), ...changes(parties) };
    expect(await codeOf(async () => signAgreement(agreement, await signerOf(keys[0]!)))).toBe('bad-document');
  });
});

describe('a receipt', () => {
  it('is verified with the key of the officer', async () => {
    const receipt = exampleReceipt();
    const jws = await signReceipt(receipt, officer);
    expect((await verifyReceipt(jws, keyOfOfficer)).statement).toEqual(receipt);
    expect(await codeOf(() => verifyReceipt(jws, keyOfPlatform))).toBe('bad-key');
  });

  it('is not a document of another kind', async () => {
    const jws = await signManifest(exampleManifest(), officer);
    expect(await codeOf(() => verifyReceipt(jws, keyOfOfficer))).toBe('jws-typ');
  });

  it('says that all was verified, of each file once', async () => {
    const receipt = exampleReceipt();
    for (const changes of [{ verified: false }, { files: [] }, { files: [receipt.files[0], receipt.files[0]] }]) {
      const wrong = { ...receipt, ...changes } as typeof receipt;
      expect(await codeOf(() => signReceipt(wrong, officer))).toBe('bad-document');
    }
  });
});
