import { describe, expect, it } from '@jest/globals';
import { exampleParty } from '../../../test/support/example-documents.js';
import { testAead } from '../../../test/support/node-primitives.js';
import { FileId } from '#domain/evidence';
import { makeHeader, newIdentity, openHeader, recipientOf } from '#domain/sealing';
import { rewrapFileKeys } from './rewrap.js';

describe('rewrapping', () => {
  it('gives the same file key to the partner and its recovery recipient, and to nobody else', async () => {
    const [ours, theirs, recovery] = [newIdentity(), newIdentity(), newIdentity()];
    const fileKey = crypto.getRandomValues(new Uint8Array(16));
    const id = FileId.parse('0e9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d11');
    const header = Buffer.from(makeHeader(fileKey, [recipientOf(ours)], testAead)).toString('base64');
    const { party } = await exampleParty();
    const recipient = { ...party, recipient: recipientOf(theirs), recoveryRecipient: recipientOf(recovery) };
    const [wrapped] = rewrapFileKeys([{ id, sealedSizeBytes: 32, header }], [ours], recipient, testAead);
    const bytes = Buffer.from(wrapped!.header, 'base64');
    for (const identity of [theirs, recovery]) expect(openHeader(bytes, [identity], testAead)).toEqual(fileKey);
    expect(() => openHeader(bytes, [ours], testAead)).toThrow();
    const notOurs = [{ id, sealedSizeBytes: 32, header: wrapped!.header }];
    expect(() => rewrapFileKeys(notOurs, [ours], recipient, testAead)).toThrow(
      expect.objectContaining({ code: 'cannot-open' }),
    );
  });

  it.each([
    ['with bytes behind it', (header: Buffer) => Buffer.concat([header, Buffer.of(0x0a)])],
    ['cut off', (header: Buffer) => header.subarray(0, -1)],
    ['altered', (header: Buffer) => Buffer.from(header.toString('latin1').replace(/.{4}\n$/, 'AAAA\n'), 'latin1')],
    ['that is none', () => Buffer.from('age')],
  ])('does not give on the key of a header %s', async (_what, spoil) => {
    const { party } = await exampleParty();
    const ours = newIdentity();
    const header = Buffer.from(makeHeader(crypto.getRandomValues(new Uint8Array(16)), [recipientOf(ours)], testAead));
    const id = FileId.parse('0e9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d11');
    const wrapped = (bytes: Buffer) => [{ id, sealedSizeBytes: 32, header: bytes.toString('base64') }];
    expect(rewrapFileKeys(wrapped(header), [ours], party, testAead)).toHaveLength(1);
    const refused = () => rewrapFileKeys(wrapped(spoil(header)), [ours], party, testAead);
    expect(refused).toThrow(expect.objectContaining({ code: 'cannot-open' }));
  });
});
