import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  agencyPublicKeys,
  createAgencyKeys,
  identitiesOf,
  openAgencyKeys,
  type AgencyKeyBundle,
} from '#client/keystore';
import { AgencyId } from '#domain/evidence';
import {
  signAgencyStatement,
  signAgencySuccession,
  signerOf,
  verifyAgencyStatement,
  verifyKeyHistory,
} from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import { base64 } from '@scure/base';
import { type Rotation, rotateAgencyKeys } from './rotation.js';

const now = new Date('2026-11-25T08:00:00.000Z');
const agencyId = AgencyId.parse('0a0b9c1e-3f44-4a0e-9d53-7c1a6c1f0001');
const [own, recovery, leaver] = [newIdentity(), newIdentity(), newIdentity()];

let bundle: AgencyKeyBundle;
let statement: unknown;
let rotation: Rotation;
beforeAll(async () => {
  bundle = await createAgencyKeys(agencyId, 1);
  statement = await statementOf(bundle);
  rotation = await rotateAgencyKeys({ statement, bundle, officers: [], own: recipientOf(own) }, now);
});

async function statementOf(keys: AgencyKeyBundle) {
  const about = { state: 'LY', name: 'Coast Guard', recoveryRecipient: recipientOf(recovery) };
  return signAgencyStatement(
    { schema: 'amana-agency/v1', ...agencyPublicKeys(keys, about) },
    await signerOf(keys.signingKey),
  );
}

describe('a change of an agency’s keys', () => {
  it('is vouched for by the keys before, which count for nothing that is dated later', async () => {
    const first = { statement, succession: null };
    const epochs = await verifyKeyHistory([first, rotation.body]);
    expect(epochs.map(({ statement: { epoch }, until }) => [epoch, until])).toEqual([
      [1, now],
      [2, null],
    ]);
  });

  it('gives the new keys to who is there and to the recovery identity, with what opens what was wrapped before', async () => {
    const wrapped = base64.decode(rotation.body.wrappedKeys);
    for (const identity of [own, recovery]) expect(await openAgencyKeys(wrapped, identity)).toEqual(rotation.bundle);
    await expect(openAgencyKeys(wrapped, leaver)).rejects.toMatchObject({ code: 'not-entitled' });
    expect(identitiesOf(rotation.bundle)).toEqual([rotation.bundle.identity, bundle.identity]);
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['signed by the new key itself', 'unknown-key', async () => succession(await signerOf(rotation.bundle.signingKey))],
    ['of another epoch', 'bad-document', async () => succession(await signerOf(bundle.signingKey), { epoch: 3 })],
    [
      'of other keys',
      'bad-document',
      async () => succession(await signerOf(bundle.signingKey), { successor: 'a'.repeat(64) }),
    ],
    ['that is missing', 'jws-shape', () => Promise.resolve(null)],
  ])('does not hold with a word %s', async (_, code, word) => {
    const history = [
      { statement, succession: null },
      { statement: rotation.body.statement, succession: await word() },
    ];
    await expect(verifyKeyHistory(history)).rejects.toMatchObject({ code });
  });

  async function succession(signer: Awaited<ReturnType<typeof signerOf>>, altered: Record<string, unknown> = {}) {
    return signAgencySuccession(
      {
        ...{ schema: 'amana-succession/v1', agencyId, epoch: 2, at: now.toISOString() },
        predecessor: (await verifyAgencyStatement(statement)).payloadSha256,
        successor: (await verifyAgencyStatement(rotation.body.statement)).payloadSha256,
        ...altered,
      },
      signer,
    );
  }
});
