import { beforeAll, describe, expect, it } from '@jest/globals';
import { GoldenLog, recordLine } from '../../../test/support/golden-log.js';
import { type Golden, makeGolden } from '../../../test/support/golden-package.js';
import type { IntakeReceipt } from '#domain/contract';
import { CustodyEvent } from '#domain/custody';
import { ExhibitId } from '#domain/evidence';
import { type GeneralJws, newSigningKey, parseStrictJson, publicJwkOf } from '#domain/manifest';
import { formatTlogProof, formatVerifierKey, parseTlogProof, signingKey } from '#domain/merkle';
import { type ReceiptKeys, type ReceiptOf, checkReceipt } from './check-receipt.js';

type Made = [IntakeReceipt, ReceiptKeys, Partial<ReceiptOf>?];

const OTHER = ExhibitId.parse('0b9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d10');
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
    await expect(checkReceipt(receipt, ofGolden(), keys)).resolves.toBeUndefined();
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
    ['of another exhibit', () => [{ ...receipt, exhibitId: OTHER }, keys]],
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
    ['of another exhibit than went up', () => [receipt, keys, { exhibitId: OTHER }]],
    ['of another manifest than was signed', () => [receipt, keys, { manifestSha256: 'a'.repeat(64) }]],
    [
      'with a hash of the proof altered',
      () => [{ ...receipt, proof: proofAltered((hashes) => hashes.map(flipped)) }, keys],
    ],
    [
      'with a hash of the proof left out',
      () => [{ ...receipt, proof: proofAltered((hashes) => hashes.slice(1)) }, keys],
    ],
    [
      'under a head of the log that has not its event',
      () => [{ ...receipt, proof: proofAltered(undefined, otherHead()) }, keys],
    ],
    ['with something else as proof', () => [{ ...receipt, proof: 'trust me\n' }, keys]],
  ])('is refused %s', async (_, make) => {
    const [spoilt, by, of] = await make();
    await expect(checkReceipt(spoilt, { ...ofGolden(), ...of }, by)).rejects.toMatchObject({
      name: 'UploadError',
      code: 'receipt-invalid',
    });
  });
});

const ofGolden = (): ReceiptOf => ({
  exhibitId: golden.manifest.exhibitId,
  manifestSha256: golden.manifestSha256,
});

function proofAltered(
  alter: (hashes: readonly Uint8Array[]) => readonly Uint8Array[] = (hashes) => hashes,
  checkpoint?: Uint8Array,
): string {
  const proof = parseTlogProof(new TextEncoder().encode(receipt.proof));
  const changed = { ...proof, hashes: alter(proof.hashes), checkpoint: checkpoint ?? proof.checkpoint };
  return new TextDecoder().decode(formatTlogProof(changed));
}

/** Truly signed by the log, over as many entries: a fork. */
function otherHead(): Uint8Array {
  const fork = new GoldenLog([recordLine(golden.log.size - 5, new TextEncoder().encode('{}'))]);
  expect(fork.size).toBe(golden.log.size);
  return fork.checkpoint(golden.keys.log);
}

function flipped(hash: Uint8Array): Uint8Array {
  return hash.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
}

function unsealed({ payload, signatures }: GeneralJws): GeneralJws {
  return { payload, signatures: signatures.slice(0, 1) };
}
