import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventView, pageOf } from '#domain/contract';
import { commitmentOf, entryOf } from '#domain/custody';
import {
  checkpointVerifier,
  formatLogPolicy,
  leafHash,
  parseLogPolicy,
  parseTlogProof,
  verifyTlogProof,
} from '#domain/merkle';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import type { ApiClient } from '../support/api-client.js';
import { testLogKey } from '../support/custody.js';
import { grantTo } from '../support/grants.js';
import { publishLog } from '../support/publish-log.js';
import { kindsOf } from '../support/records.js';
import { bringIn, type SampleExhibit, sampleExhibit } from '../support/sample-exhibit.js';

let world: TestWorld;
let api: TestApi;
let investigator: ApiClient;
let recipient: ApiClient;
let exhibit: SampleExhibit;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  investigator = await api.as(world.directory.tripoli.investigator);
  recipient = await api.as(world.directory.rome.prosecutor);
  exhibit = await sampleExhibit(world.directory.tripoli.investigator);
  await bringIn(investigator, exhibit);
});
afterAll(async () => {
  await api?.stop();
  await world?.end();
});

const pathOf = (query = '') => `/v1/events?exhibitId=${exhibit.id}${query}`;

describe('the record of an exhibit', () => {
  it('gives its events in order, with the exact bytes and salts that the log commits to', async () => {
    await publishLog(world);
    const answer = await investigator.get(pathOf());
    expect(answer.status).toBe(200);
    const { items } = pageOf(EventView).parse(answer.json);
    expect(items.length).toBeGreaterThan(2);
    expect(items.map(({ event }) => event.exhibitSeq)).toEqual(items.map((_, at) => at + 1));
    expect(items.map(({ index }) => index)).toEqual(items.map(({ index }) => index).sort((a, b) => a! - b!));
    for (const { body, event } of items)
      expect(JSON.parse(Buffer.from(body, 'base64').toString('utf8'))).toEqual(event);
  });

  it('proves each of them, to who pins the log', async () => {
    const { items } = pageOf(EventView).parse((await investigator.get(pathOf())).json);
    const verify = checkpointVerifier(parseLogPolicy(Buffer.from(formatLogPolicy(testLogKey().verifier))));
    for (const { id, index, salt, body } of items.filter((item) => item.index !== null)) {
      const answer = await investigator.get(`/v1/events/${id}/proof`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
      const proof = parseTlogProof(answer.bytes);
      expect(proof.index).toBe(index);
      const commitment = commitmentOf(Buffer.from(salt, 'base64'), Buffer.from(body, 'base64'));
      verifyTlogProof(proof, leafHash(entryOf(commitment)), verify);
    }
  });

  it('pages', async () => {
    const whole = pageOf(EventView).parse((await investigator.get(pathOf())).json).items;
    const first = pageOf(EventView).parse((await investigator.get(pathOf('&limit=2'))).json);
    const second = pageOf(EventView).parse((await investigator.get(pathOf(`&limit=2&cursor=${first.next}`))).json);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(whole.slice(0, 4).map(({ id }) => id));
  });

  it('has each reading on it, once, from then on', async () => {
    const before = (await kindsOf(world, exhibit.id)).filter((kind) => kind === 'record-read').length;
    const first = await investigator.get(pathOf('&limit=1'));
    await investigator.get(pathOf(`&limit=1&cursor=${first.json.next}`));
    const reads = (await kindsOf(world, exhibit.id)).filter((kind) => kind === 'record-read').length;
    expect(reads - before).toBe(1);
    const { items } = pageOf(EventView).parse((await investigator.get(pathOf())).json);
    const { id: officerId, agency } = world.directory.tripoli.investigator;
    expect(items.at(-1)?.event).toMatchObject({
      kind: 'record-read',
      actor: { kind: 'officer', officerId, agencyId: agency.id, role: 'investigator' },
      authority: { rule: 'own-agency' },
    });
  });

  it('has no proof yet of what no head covers', async () => {
    const { items } = pageOf(EventView).parse((await investigator.get(pathOf())).json);
    const waiting = items.find(({ index }) => index === null);
    expect(waiting?.proof).toEqual({ state: 'pending', witnesses: [] });
    expect(items[0]?.proof).toEqual({ state: 'in-tree', witnesses: [] });
    expect(await investigator.get(`/v1/events/${waiting?.id}/proof`)).toMatchObject({
      status: 409,
      json: { code: 'conflict' },
    });
  });

  it('is for the holder, for whom it was granted, and for oversight of the state; for nobody else, as if it were not there', async () => {
    const { tripoli, rome, stranger } = world.directory;
    const [anEvent] = pageOf(EventView).parse((await investigator.get(pathOf())).json).items;
    const proof = `/v1/events/${anEvent?.id}/proof`;
    const statusesOf = async (client: ApiClient) => [
      (await client.get(pathOf())).status,
      (await client.get(proof)).status,
    ];
    expect(await statusesOf(await api.as(tripoli.auditor))).toEqual([200, 200]);
    expect(await statusesOf(recipient)).toEqual([404, 404]);
    expect(await statusesOf(await api.as(stranger.investigator))).toEqual([404, 404]);
    expect(await statusesOf(await api.as(rome.auditor))).toEqual([404, 404]);
    await grantTo(world, exhibit, rome);
    expect(await statusesOf(recipient)).toEqual([200, 200]);
    expect((await fetch(`${api.baseUrl}${pathOf()}`)).status).toBe(401);
  });

  it.each([
    ['?exhibitId=x', 400],
    ['?limit=0', 400],
    ['?limit=1001', 400],
    ['?cursor=x', 400],
    ['?agencyId=1', 400],
    ['?exhibitId=00000000-0000-4000-8000-000000000000', 404],
  ])('refuses %s', async (query, status) => {
    expect((await investigator.get(`/v1/events${query}`)).status).toBe(status);
  });

  it.each([
    ['/v1/events/x/proof', 400],
    ['/v1/events/00000000-0000-4000-8000-000000000000/proof', 404],
  ])('has no proof at %s', async (path, status) => {
    expect((await investigator.get(path)).status).toBe(status);
  });
});

describe('the record of all that an agency may see', () => {
  it('comes in the order of the log, and its reading stands in the register of the agency', async () => {
    await publishLog(world);
    const { items } = pageOf(EventView).parse((await investigator.get('/v1/events?limit=1000')).json);
    const indexes = items.map(({ index }) => index!);
    expect(indexes.length).toBeGreaterThan(3);
    expect(indexes).toEqual([...indexes].sort((a, b) => a - b));
    const [read] = await world.query<{ kind: string }>(
      'SELECT kind FROM amana.custody_event WHERE chain_id = $1 ORDER BY case_seq DESC LIMIT 1',
      [world.directory.tripoli.id],
    );
    expect(read?.kind).toBe('record-read');
  });
});

describe('the public log of the platform', () => {
  it('is open to anyone, on the running API', async () => {
    const checkpoint = await fetch(`${api.baseUrl}/log/checkpoint`);
    expect([checkpoint.status, checkpoint.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect((await fetch(`${api.baseUrl}/log/tile/0/000`)).status).toBe(404);
    expect((await fetch(`${api.baseUrl}/log/tile/0/000.p/1`)).status).toBe(404);
  });
});
