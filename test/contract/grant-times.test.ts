import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Custody } from '#server/custody';
import { Outbox } from '#server/outbox';
import { GrantEvents, GrantTimes } from '#server/sharing';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import type { ApiClient } from '../support/api-client.js';
import { openDatabase, type OpenDatabase } from '../support/database.js';
import { grantTo } from '../support/grants.js';
import { eventsOf, kindsOf } from '../support/records.js';
import { bringIn, type SampleExhibit, sampleExhibit } from '../support/sample-exhibit.js';

let world: TestWorld;
let api: TestApi;
let worker: OpenDatabase;
let times: GrantTimes;
let recipient: ApiClient;
let exhibit: SampleExhibit;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  worker = await openDatabase(world.database.workerUrl);
  times = new GrantTimes(worker.database, new GrantEvents(new Custody(), new Outbox()));
  recipient = await api.as(world.directory.rome.prosecutor);
  exhibit = await sampleExhibit(world.directory.tripoli.investigator);
  await bringIn(await api.as(world.directory.tripoli.investigator), exhibit);
  await world.query(`UPDATE amana.exhibit SET state = 'sealed' WHERE id = $1`, [exhibit.id]);
});
afterAll(async () => {
  await worker?.close();
  await api?.stop();
  await world?.end();
});

const stateOf = async (id: string) =>
  (await world.query<{ state: string }>(`SELECT state FROM amana.evidence_grant WHERE id = $1`, [id]))[0]?.state;
const begins = (id: string, at: string) =>
  world.query(`UPDATE amana.evidence_grant SET valid_from = now() + $2::interval WHERE id = $1`, [id, at]);
const retrieve = () => recipient.post(`/v1/exhibits/${exhibit.id}/retrievals`, { purpose: 'trial' });

describe('a grant accepted before its time', () => {
  it('opens nothing until then, opens by the clock when it has come, and becomes active by the job', async () => {
    const id = await grantTo(world, exhibit, world.directory.rome, 'accepted');
    await begins(id, '1 hour');
    expect(await times.activate()).toBe(0);
    expect((await retrieve()).json.rule).toBe('grant-not-yet-valid');
    await begins(id, '-1 second');
    expect((await retrieve()).status).toBe(201);
    expect(await stateOf(id)).toBe('accepted');
    expect(await Promise.all([times.activate(), times.activate()])).toContain(1);
    expect(await stateOf(id)).toBe('active');
    expect(await times.activate()).toBe(0);
    const activated = (await eventsOf(world, exhibit.id)).filter(({ kind }) => kind === 'grant-activated');
    expect(activated).toMatchObject([
      { actor: { kind: 'platform', component: 'worker' }, authority: { grantId: id }, exhibitId: exhibit.id },
    ]);
    expect((await recipient.get(`/v1/grants/${id}`)).json.state).toBe('active');
  });

  it('expires without ever having been active, when that was its time', async () => {
    const id = await grantTo(world, exhibit, world.directory.rome, 'accepted');
    await world.query(
      `UPDATE amana.evidence_grant SET valid_from = now() - interval '2 hours', expires_at = now() - interval '1 hour' WHERE id = $1`,
      [id],
    );
    expect(await times.activate()).toBe(0);
    expect(await times.expire()).toBe(1);
    expect(await stateOf(id)).toBe('expired');
    expect(await kindsOf(world, exhibit.id)).toContain('grant-expired');
  });
});
