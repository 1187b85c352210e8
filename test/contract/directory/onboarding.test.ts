import { beforeAll, describe, expect, it } from '@jest/globals';
import { rewrapHeld, rotateAgencyKeys } from '#client/directory';
import { type AgencyKeyBundle, openAgencyKeys } from '#client/keystore';
import type { HeldFileKey } from '#domain/contract';
import { openHeader } from '#domain/sealing';
import { recipientOf } from '#domain/sealing';
import { createApi } from '../../../apps/api/api.js';
import type { ApiClient } from '../../support/api-client.js';
import { apiInTest } from '../../support/api-in-test.js';
import {
  inviterOf,
  join,
  mustBe,
  onboard,
  type OnboardedAgency,
  type OnboardedOfficer,
} from '../../support/invited-agency.js';
import { testAead } from '../../support/node-primitives.js';
import { startRecheck } from '../../support/recheck.js';
import { bringIn, type SampleExhibit, sampleExhibit } from '../../support/sample-exhibit.js';

const given = apiInTest(createApi);

/** The calls of `rewrapHeld`, by a client of tests. */
const heldBy = (client: ApiClient) => ({
  async *staleFileKeys(): AsyncGenerator<HeldFileKey> {
    for (let cursor: string | null = ''; cursor !== null;) {
      const path = `/v1/agencies/mine/file-keys?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const page = mustBe(200, await client.get(path)).json as { items: HeldFileKey[]; next: string | null };
      yield* page.items;
      cursor = page.next;
    }
  },
  async rewrapFileKeys(body: unknown) {
    return mustBe(200, await put(client, '/v1/agencies/mine/file-keys', body)).json as { rewrapped: number };
  },
});

const put = (client: ApiClient, path: string, body: unknown) =>
  client.send('PUT', path, JSON.stringify(body), { 'content-type': 'application/json' });

describe('an agency, from its invitation to the day that an officer leaves', () => {
  let agency: OnboardedAgency;
  let leaver: OnboardedOfficer;
  let colleague: OnboardedOfficer;
  let exhibit: SampleExhibit;
  let drafted: SampleExhibit;
  let old: AgencyKeyBundle;
  let next: AgencyKeyBundle;
  const sealer = (one: OnboardedOfficer) => ({
    id: one.id,
    agency: {
      id: agency.id,
      keys: agency.publicKeys,
      signingKey: agency.bundle.signingKey,
      identity: agency.bundle.identity,
    },
    subject: one.person.subject,
    signingKey: one.keys.signingKey,
  });
  const headers = () =>
    given.world.query<{ header: Buffer }>(`SELECT header FROM amana.file_key WHERE agency_id = $1`, [agency.id]);
  const kinds = async () =>
    (
      await given.world.query<{ kind: string }>(
        `SELECT kind FROM amana.custody_event WHERE chain_id = $1 ORDER BY case_seq`,
        [agency.id],
      )
    ).map(({ kind }) => kind);

  beforeAll(async () => {
    agency = await onboard(given, await inviterOf(given, 'GR'));
    old = agency.bundle;
  });

  it('begins with an administrator whom the agency’s own first keys certify', async () => {
    const me = await agency.admin.client.get('/v1/officers/me');
    expect(me.json).toMatchObject({
      officer: { id: agency.adminId, roles: ['agency-admin'], keyState: 'certified' },
      agency: { id: agency.id, state: 'GR', competences: ['border-control'], statement: expect.anything() },
      histories: [],
    });
    expect(await kinds()).toEqual(['agency-joined', 'agency-certified', 'officer-certified']);
  });

  it('takes officers in who sign in with the address they were added by, and seals their evidence', async () => {
    leaver = await join(given, agency, ['investigator'], old);
    colleague = await join(given, agency, ['investigator'], old, [leaver.keys]);
    exhibit = await sampleExhibit(sealer(leaver));
    await bringIn(leaver.person.client, exhibit);
    const mine = await leaver.person.client.get('/v1/agencies/mine/keys');
    expect(await openAgencyKeys(Buffer.from(mine.json.wrappedKeys as string, 'base64'), leaver.keys.identity)).toEqual(
      old,
    );
  });

  it('locks who leaves out at the very next request', async () => {
    const { client } = agency.admin;
    const left = await client.change(`/v1/officers/${leaver.id}`, `/v1/officers/${leaver.id}/departure`, {
      reason: 'moved to another post',
    });
    expect([left.status, left.json.keyState, left.json.leftAt]).toEqual([200, 'revoked', expect.any(String)]);
    const after = await leaver.person.client.get('/v1/officers/me');
    expect([after.status, after.json.detail]).toEqual([401, 'no officer answers to this identity']);
    expect((await client.get('/v1/agencies/mine/keys')).json.rotationDueSince).toEqual(expect.any(String));
    const again = await client.change(`/v1/officers/${leaver.id}`, `/v1/officers/${leaver.id}/departure`, {
      reason: 'once more',
    });
    expect(again.status).toBe(409);
  });

  it('has what the leaver signed go on verifying, sealed though it was after they left', async () => {
    const worker = await startRecheck(given.world);
    try {
      expect(await worker.recheck(exhibit.id)).toBe('intact');
    } finally {
      await worker.stop();
    }
    const [row] = await given.world.query<{ state: string }>(`SELECT state FROM amana.exhibit WHERE id = $1`, [
      exhibit.id,
    ]);
    expect(row?.state).toBe('sealed');
  });

  it('changes to keys that the leaver has not, and every officer is certified anew', async () => {
    drafted = await sampleExhibit(sealer(colleague));
    const { client } = agency.admin;
    const officers = (await client.get('/v1/officers')).json.items;
    const { statement } = (await client.get(`/v1/agencies/${agency.id}`)).json;
    const own = recipientOf(agency.adminKeys.identity);
    const rotation = await rotateAgencyKeys({ statement, bundle: old, officers, own }, new Date());
    const path = `/v1/agencies/${agency.id}`;
    const short = { ...rotation.body, certificates: rotation.body.certificates.slice(1) };
    expect((await client.change(path, `${path}/rotation`, short)).status).toBe(409);
    mustBe(200, await client.change(path, `${path}/rotation`, rotation.body));
    next = rotation.bundle;

    const detail = (await client.get(path)).json;
    expect(detail.keys).toMatchObject([
      { epoch: 1, succession: null, until: expect.any(String) },
      { epoch: 2, succession: expect.anything(), until: null },
    ]);
    const mine = mustBe(200, await colleague.person.client.get('/v1/agencies/mine/keys')).json;
    expect([mine.epoch, mine.rotationDueSince]).toEqual([2, null]);
    const wrapped = Buffer.from(mine.wrappedKeys as string, 'base64');
    expect(await openAgencyKeys(wrapped, colleague.keys.identity)).toEqual(next);
    await expect(openAgencyKeys(wrapped, leaver.keys.identity)).rejects.toMatchObject({ code: 'not-entitled' });
    const me = (await colleague.person.client.get('/v1/officers/me')).json;
    expect(me.histories).toMatchObject([{ agencyId: agency.id, keys: [{ epoch: 1 }, { epoch: 2 }] }]);
    expect(me.officer.keyState).toBe('certified');
  });

  it('wraps what must stay readable to the new keys, which the old ones open no more', async () => {
    const [before] = await headers();
    expect(openHeader(before?.header ?? new Uint8Array(0), [old.identity], testAead)).toHaveLength(16);
    const { client } = agency.admin;
    const keys = { ...agency.publicKeys, epoch: 2, recipient: recipientOf(next.identity) };
    expect(await rewrapHeld(heldBy(client), { bundle: next, keys }, testAead)).toEqual({ rewrapped: 1, closed: [] });
    expect(await rewrapHeld(heldBy(client), { bundle: next, keys }, testAead)).toEqual({ rewrapped: 0, closed: [] });
    const [after] = await headers();
    expect(openHeader(after?.header ?? new Uint8Array(0), [next.identity], testAead)).toEqual(
      exhibit.files[0]?.fileKey,
    );
    expect(() => openHeader(after?.header ?? new Uint8Array(0), [old.identity], testAead)).toThrow();
  });

  it('goes on: an officer who stayed seals under the new certificate', async () => {
    const more = await sampleExhibit(sealer(colleague));
    await bringIn(colleague.person.client, more);
    expect((await colleague.person.client.get(`/v1/exhibits/${more.id}`)).status).toBe(200);
  });

  it('takes a manifest that a colleague signed before the change, and none that the leaver signed after they left', async () => {
    await bringIn(colleague.person.client, drafted);
    const late = await sampleExhibit(sealer(leaver));
    mustBe(201, await colleague.person.client.post('/v1/exhibits', late.registration));
    const refused = await colleague.person.client.post(`/v1/exhibits/${late.id}/manifest`, late.jws);
    expect([refused.status, refused.json.code]).toEqual([403, 'signer-not-certified']);
  });

  it('is told in the register of the agency, event by event', async () => {
    expect(await kinds()).toEqual([
      ...['agency-joined', 'agency-certified', 'officer-certified'],
      ...['officer-added', 'officer-bound', 'officer-certified', 'officer-added', 'officer-bound', 'officer-certified'],
      ...['officer-departed', 'agency-keys-rotated', 'officer-certified', 'officer-certified', 'file-keys-rewrapped'],
    ]);
  });
});
