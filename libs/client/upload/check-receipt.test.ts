import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Golden, makeGolden } from '../../../test/support/golden-package.js';
import type { IntakeReceipt } from '#domain/contract';
import { CustodyEvent } from '#domain/custody';
import { ExhibitId } from '#domain/evidence';
import { type GeneralJws, newSigningKey, parseStrictJson, publicJwkOf } from '#domain/manifest';
import { formatVerifierKey, signingKey } from '#domain/merkle';
import { type ReceiptKeys, checkReceipt } from './check-receipt.js';

type Made = [IntakeReceipt, ReceiptKeys];

let golden: Golden;
let receipt: IntakeReceipt;
let keys: ReceiptKeys;
beforeAll(async () => {
  golden = await makeGolden();
  const { content, manifest } = golden;
  receipt = receiptOf('exhibit-sealed', manifest.exhibitId);
  keys = { sealKey: content.keys.platform, logVerifierKey: formatVerifierKey(content.logKey) };
});

function receiptOf(kind: string, exhibitId: ExhibitId): IntakeReceipt {
  const { content } = golden;
  const event = content.events.find(({ body }) => CustodyEvent.parse(parseStrictJson(body)).kind === kind)!;
  return {
    exhibitId,
    manifest: content.manifest,
    sealedEventIndex: event.index,
    proof: new TextDecoder().decode(event.proof),
    event: { salt: Buffer.from(event.salt).toString('base64'), body: Buffer.from(event.body).toString('base64') },
  };
}

describe('an intake receipt', () => {
  it('proves that the platform sealed this manifest, and recorded it', async () => {
    expect(await checkReceipt(receipt, keys)).toBe(golden.manifestSha256);
  });

  it.each<[string, () => Made | Promise<Made>]>([
    ['by another platform', async () => [receipt, { ...keys, sealKey: publicJwkOf(await newSigningKey()) }]],
    ['without a seal', () => [{ ...receipt, manifest: unsealed(receipt.manifest as GeneralJws) }, keys]],
    [
      'in another log',
      () => [
        receipt,
        {
          ...keys,
          logVerifierKey: formatVerifierKey(
            signingKey(golden.content.logKey.name, 'ed25519', new Uint8Array(32)).verifier,
          ),
        },
      ],
    ],
    [
      'of another exhibit',
      () => [{ ...receipt, exhibitId: ExhibitId.parse('0b9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d10') }, keys],
    ],
    ['of another event', () => [receiptOf('exhibit-registered', receipt.exhibitId), keys]],
    ['at another place', () => [{ ...receipt, sealedEventIndex: receipt.sealedEventIndex + 1 }, keys]],
    [
      'with another salt',
      () => [{ ...receipt, event: { ...receipt.event, salt: Buffer.alloc(32).toString('base64') } }, keys],
    ],
    [
      'with another body',
      () => [{ ...receipt, event: { ...receipt.event, body: Buffer.from('{}').toString('base64') } }, keys],
    ],
    ['with a body that is no JSON', () => [{ ...receipt, event: { ...receipt.event, body: 'AAAA' } }, keys]],
    ['with something else as proof', () => [{ ...receipt, proof: 'trust me\n' }, keys]],
  ])('is refused %s', async (_, make) => {
    const [spoilt, by] = await make();
    await expect(checkReceipt(spoilt, by)).rejects.toMatchObject({ name: 'UploadError', code: 'receipt-invalid' });
  });
});

function unsealed({ payload, signatures }: GeneralJws): GeneralJws {
  return { payload, signatures: signatures.slice(0, 1) };
}
