import { describe, expect, it } from '@jest/globals';
import { codeOf } from '../../../test/support/code-of.js';
import { exampleAgreement, exampleParty } from '../../../test/support/example-documents.js';
import { AgreementId, UtcInstant } from '#domain/evidence';
import {
  type Agreement,
  Agreement as AgreementText,
  amendmentOf,
  checkAgreement,
  hasBlanks,
  instrumentOf,
  layDown,
  modelAgreement,
  readAgreement,
  requireAmendmentOf,
  signAgreement,
  signAgreementWord,
  signerOf,
  signLaidDown,
  verifyAgreement,
  verifyAgreementWord,
} from './index.js';

const [one, two, three] = [
  await exampleParty(),
  await exampleParty({ state: 'IT' }),
  await exampleParty({ state: 'TN' }),
];
const parties = [one.party, two.party];
const instant = (text: string) => UtcInstant.parse(text);
const model = modelAgreement({
  agreementId: AgreementId.parse('0f9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d10'),
  parties,
  validFrom: instant('2026-12-01T00:00:00.000Z'),
  validUntil: instant('2028-12-01T00:00:00.000Z'),
});

describe('the model of an agreement', () => {
  it('is an agreement, with every field of the model agreement, and blanks to be filled in', () => {
    expect(AgreementText.safeParse(model).success).toBe(true);
    expect(hasBlanks(model)).toBe(true);
    expect(Object.keys(model.terms ?? {})).toEqual(
      expect.arrayContaining(['gatheringOfEvidence', 'accessToInformation', 'exchangeBeforeEstablishment', 'media']),
    );
    expect(model.clauses.map(({ subject }) => subject)).toEqual([
      ...['necessity', 'onward-transfer', 'retention', 'third-states', 'costs', 'translation'],
    ]);
    expect(hasBlanks(exampleAgreement(parties))).toBe(false);
  });

  it('leaves what was signed without its fields as it was', async () => {
    const before = exampleAgreement(parties);
    expect(layDown(before).agreement).toEqual(before);
    expect(readAgreement(await signAgreement(before, await signerOf(one.privateKey))).statement).toEqual(before);
  });

  it.each<[string, Partial<Agreement>]>([
    ['a leader of no party', { leaders: [{ agencyId: three.party.agencyId, name: 'X' }] }],
    ['an administrator twice', { administrators: [administrator(), administrator()] }],
    ['a third state that is no party’s', { thirdStates: ['TN'] }],
    ['third states alone', { thirdStates: [...new Set(parties.map(({ state }) => state))] }],
    ['a version without its predecessor', { version: 2 }],
    ['a predecessor without a version', { predecessor: 'a'.repeat(64) }],
    ['version 1 of a predecessor', { version: 1, predecessor: 'a'.repeat(64) }],
    ['a state of operation that is none', { states: ['Italy'] }],
  ])('takes no %s', async (_name, changes) => {
    expect(await codeOf(() => Promise.resolve().then(() => layDown({ ...model, ...changes })))).toBe('bad-document');
  });
});

function administrator() {
  return { agencyId: one.party.agencyId, officerId: '0f9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d11' as never, name: 'Clerk' };
}

describe('signatures collected one at a time', () => {
  it('make an instrument that holds once every party has signed the very bytes', async () => {
    const { payloadBytes } = layDown(model);
    const first = await signLaidDown(payloadBytes, await signerOf(one.privateKey));
    const second = await signLaidDown(payloadBytes, await signerOf(two.privateKey));
    expect((await checkAgreement(instrumentOf(payloadBytes, [second]))).missing).toEqual([one.party.agencyId]);
    expect((await verifyAgreement(instrumentOf(payloadBytes, [first, second]))).agreement).toEqual(model);
    expect(await codeOf(() => verifyAgreement(instrumentOf(payloadBytes, [first, first])))).toBe('duplicate-signature');
    const other = layDown({ ...model, title: 'Another' }).payloadBytes;
    expect(await codeOf(() => checkAgreement(instrumentOf(other, [first])))).toBe('bad-signature');
    expect(await codeOf(async () => signLaidDown(payloadBytes, await signerOf(three.privateKey)))).toBe('wrong-signer');
  });
});

describe('an amendment', () => {
  const { payloadSha256 } = layDown(model);
  const before = { agreement: model, payloadSha256, endedFor: [] };
  const next = amendmentOf(model, payloadSha256);

  it.each<[string, Agreement, object]>([
    ['the same parties', next, {}],
    ['one more', { ...next, parties: [...parties, three.party] }, {}],
    [
      'without one that has ended it',
      { ...next, parties: [one.party, three.party] },
      { endedFor: [two.party.agencyId] },
    ],
  ])('follows the text in force with %s', (_name, agreement, changes) => {
    expect(() => requireAmendmentOf({ ...before, ...changes }, { agreement })).not.toThrow();
  });

  it.each<[string, Agreement, string]>([
    ['of another text', { ...next, predecessor: 'b'.repeat(64) }, 'stale-version'],
    ['of a later version', { ...next, version: 3 }, 'stale-version'],
    ['that says no version', model, 'stale-version'],
    [
      'of another agreement',
      { ...next, agreementId: AgreementId.parse('0f9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d12') },
      'stale-version',
    ],
    ['that leaves a party out', { ...next, parties: [one.party, three.party] }, 'party-missing'],
  ])('is none %s', async (_name, agreement, code) => {
    expect(await codeOf(() => Promise.resolve().then(() => requireAmendmentOf(before, { agreement })))).toBe(code);
  });
});

describe('a party’s word', () => {
  const word = {
    schema: 'amana-agreement-word/v1' as const,
    agreementId: model.agreementId,
    agreementSha256: layDown(model).payloadSha256,
    agencyId: one.party.agencyId,
    act: 'suspend' as const,
    reason: 'Decision of 3 March',
    at: instant('2027-03-03T00:00:00.000Z'),
    previous: null,
  };

  it('is that of the party it names, alone', async () => {
    const [mine, theirs] = [await signerOf(one.privateKey), await signerOf(two.privateKey)];
    const signed = await signAgreementWord(word, mine);
    expect((await verifyAgreementWord(signed, parties)).statement).toEqual(word);
    expect(await codeOf(async () => verifyAgreementWord(await signAgreementWord(word, theirs), parties))).toBe(
      'unknown-key',
    );
    const alien = { ...word, agencyId: three.party.agencyId };
    expect(await codeOf(async () => verifyAgreementWord(await signAgreementWord(alien, mine), parties))).toBe(
      'unknown-key',
    );
    const both = {
      ...signed,
      signatures: [...signed.signatures, ...(await signAgreementWord(word, theirs)).signatures],
    };
    expect(await codeOf(() => verifyAgreementWord(both, parties))).toBe('unknown-key');
    expect(
      await codeOf(() =>
        verifyAgreementWord({ ...signed, signatures: [...signed.signatures, ...signed.signatures] }, parties),
      ),
    ).toBe('duplicate-signature');
  });
});
