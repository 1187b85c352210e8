import { beforeAll, describe, expect, it } from '@jest/globals';
import { AgencyId } from '#domain/evidence';
import {
  type AgencyStatement,
  canonicalJson,
  newSigningKey,
  type PrivateJwk,
  publicJwkOf,
  signAgencyStatement,
  signAgencySuccession,
  signerOf,
  thumbprintOf,
  verifyAgencyStatement,
} from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import { KeyHistories, type KeyFile } from './key-history.js';

const agencyId = AgencyId.parse('0a0b9c1e-3f44-4a0e-9d53-7c1a6c1f0001');
const recoveryRecipient = recipientOf(newIdentity());
const AT = '2026-11-25T08:00:00.000Z';

type Stated = KeyFile & {
  readonly statement: AgencyStatement;
  readonly sha256: string;
  readonly key: PrivateJwk;
  readonly kid: string;
};

async function stated(epoch: number, predecessor?: string): Promise<Stated> {
  const key = await newSigningKey();
  const jws = await signAgencyStatement(
    {
      ...{ schema: 'amana-agency/v1', agencyId, state: 'LY', name: 'Coast Guard', epoch, recoveryRecipient },
      ...{ signingKey: publicJwkOf(key), recipient: recipientOf(newIdentity()) },
      ...(predecessor !== undefined && { predecessor }),
    },
    await signerOf(key),
  );
  const { statement, payloadSha256: sha256 } = await verifyAgencyStatement(jws);
  const kid = await thumbprintOf(publicJwkOf(key));
  return { path: `agency-${epoch}`, bytes: canonicalJson(jws), statement, sha256, key, kid };
}

async function word(before: Stated, after: Stated, by = before.key): Promise<KeyFile> {
  const jws = await signAgencySuccession(
    {
      ...{ schema: 'amana-succession/v1', agencyId, epoch: after.statement.epoch, at: AT },
      ...{ predecessor: before.sha256, successor: after.sha256 },
    },
    await signerOf(by),
  );
  return { path: `succession-${after.statement.epoch}`, bytes: canonicalJson(jws) };
}

describe('the keys of an agency in a package', () => {
  let first: Stated;
  let second: Stated;
  beforeAll(async () => {
    first = await stated(1);
    second = await stated(2, first.sha256);
  });

  it('are of one history where each names the other, and say when a key was left', async () => {
    const histories = await KeyHistories.read([second, first], [await word(first, second)]);
    expect(histories.connects(agencyId, first.kid, second.kid)).toBe(true);
    expect(histories.connects(agencyId, second.kid, first.kid)).toBe(true);
    expect(histories.connects(agencyId, 'another', first.kid)).toBe(false);
    expect([first, second].map(({ kid }) => histories.leftAt(agencyId, kid))).toEqual([new Date(AT), null]);
  });

  it('are not connected without a word', async () => {
    const histories = await KeyHistories.read([first, second], []);
    expect(histories.connects(agencyId, first.kid, second.kid)).toBe(false);
  });

  it.each<[string, () => Promise<[Stated[], KeyFile[]]>]>([
    ['by the key that follows', async () => [[first, second], [await word(first, second, second.key)]]],
    ['for keys that are not there', async () => [[first], [await word(first, second)]]],
    [
      'twice',
      async () => [
        [first, second],
        [await word(first, second), await word(first, second)],
      ],
    ],
    [
      'of somebody who makes themselves the predecessor of keys that know nothing of them',
      async () => {
        const forged = await stated(1);
        return [[forged, second], [await word(forged, second)]];
      },
    ],
    ['that is no document', () => Promise.resolve([[first, second], [{ path: 'x', bytes: new Uint8Array([123]) }]])],
  ])('are refused with a word %s', async (_, content) => {
    await expect(KeyHistories.read(...(await content()))).rejects.toMatchObject({ link: 'signer-certificate' });
  });
});
