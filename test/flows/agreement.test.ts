import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { amendmentOf } from '#domain/manifest';
import { plainSizeBytes } from '#domain/sealing';
import { createApi } from '../../apps/api/api.js';
import {
  agreed,
  amend,
  inDays,
  type Negotiator,
  negotiator,
  negotiators,
  say,
  sign,
  textBetween,
} from '../support/agreeing.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { type Answer, type ApiClient, PUBLIC_URL } from '../support/api-client.js';
import type { TestOfficer } from '../support/directory.js';
import { type RecheckWorker, startRecheck } from '../support/recheck.js';
import { eventsOf, kindsOf, until } from '../support/records.js';
import { bringIn, sampleExhibit, type SampleExhibit, wrapFileKey } from '../support/sample-exhibit.js';
import { signedInLines } from '../support/proof.js';

let world: TestWorld;
let api: TestApi;
let worker: RecheckWorker;
let tripoli: Negotiator;
let rome: Negotiator;
let investigator: ApiClient;
let approver: ApiClient;
let prosecutor: ApiClient;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  worker = await startRecheck(world);
  tripoli = await negotiator(world, api, world.directory.tripoli);
  rome = await negotiator(world, api, world.directory.rome);
  investigator = await api.as(world.directory.tripoli.investigator);
  approver = await api.as(world.directory.tripoli.approver);
  prosecutor = await api.as(world.directory.rome.prosecutor);
});
afterAll(async () => {
  await worker?.stop();
  await api?.stop();
  await world?.end();
});

const PURPOSE = 'trial of the smuggling of migrants';

async function sealed(officer: TestOfficer, client: ApiClient, sizeBytes = 2000): Promise<SampleExhibit> {
  const exhibit = await sampleExhibit(officer, { files: [{ name: 'phone', sizeBytes }] });
  await bringIn(client, exhibit);
  expect(await worker.recheck(exhibit.id)).toBe('intact');
  return exhibit;
}

function proposal(exhibit: SampleExhibit, teamId: string, to: Negotiator, changes: object = {}) {
  return {
    ...{ exhibitIds: [exhibit.id], teamId, toAgencyId: to.agency.id, purpose: PURPOSE, legalBasis: 'JIT agreement' },
    expiresAt: inDays(3),
    wrappedKeys: exhibit.files.map((file) => ({
      fileId: file.id,
      header: Buffer.from(wrapFileKey(file, to.agency.keys.recipient)).toString('base64'),
    })),
    ...changes,
  };
}
const step = (client: ApiClient, id: string, verb: string, body: object = {}): Promise<Answer> =>
  client.change(`/v1/grants/${id}`, `/v1/grants/${id}/${verb}`, body);
const accept = (client: ApiClient, id: string) =>
  step(client, id, 'acceptance', { undertaking: 'for this trial alone' });
const retrieve = (client: ApiClient, { id }: SampleExhibit) =>
  client.post(`/v1/exhibits/${id}/retrievals`, { purpose: PURPOSE });

describe('two states', () => {
  it('negotiate, sign, share, amend, suspend and end; what they share stops with what it rests on', async () => {
    const { json } = await agreed([tripoli, rome], { purposes: [PURPOSE, 'rescue at sea'] });
    const exhibit = await sealed(
      world.directory.tripoli.investigator,
      investigator,
      plainSizeBytes(3 * PART_SIZE_BYTES),
    );
    const proposed = await investigator.post('/v1/grants', proposal(exhibit, json.teamId, rome));
    expect(proposed.status).toBe(201);
    const grantId = proposed.json.id as string;
    await step(approver, grantId, 'approval');
    expect((await accept(prosecutor, grantId)).json).toMatchObject({ state: 'active', awaitsRelease: false });
    const retrieval = await retrieve(prosecutor, exhibit);
    expect(retrieval.status).toBe(201);

    const download = await slowDownload(`/v1/retrievals/${retrieval.json.id}/files/${exhibit.files[0]!.id}/payload`);
    const suspendedAt = performance.now();
    expect((await say(rome, json.id, 'suspend')).json.state).toBe('suspended');
    expect(await download.over).toBeLessThan(exhibit.files[0]!.sealed.length);
    expect(performance.now() - suspendedAt).toBeLessThan(3_000);
    await until(async () => (await kindsOf(world, exhibit.id)).at(-1) === 'retrieval-cut');
    expect((await eventsOf(world, exhibit.id)).at(-1)).toMatchObject({
      authority: { rule: 'agreement-not-in-force', grantId },
    });
    expect((await retrieve(prosecutor, exhibit)).json.rule).toBe('agreement-not-in-force');
    expect((await investigator.post('/v1/grants', proposal(exhibit, json.teamId, rome))).json.rule).toBe(
      'agreement-not-in-force',
    );
    const inTeam = await sampleExhibit(world.directory.tripoli.investigator, { teamId: json.teamId });
    expect((await investigator.post('/v1/exhibits', inTeam.registration)).json.rule).toBe('agreement-not-in-force');

    expect((await say(rome, json.id, 'resume')).json.state).toBe('in-force');
    expect((await retrieve(prosecutor, exhibit)).status).toBe(201);

    const amended = amendmentOf(
      textBetween([tripoli, rome], { agreementId: json.id, purposes: ['rescue at sea'] }),
      json.payloadSha256,
    );
    await amend(tripoli, json.id, amended);
    await sign(tripoli, json.id);
    expect((await retrieve(prosecutor, exhibit)).status).toBe(201);
    await sign(rome, json.id);
    expect((await retrieve(prosecutor, exhibit)).json.rule).toBe('purpose-outside-agreement');

    expect((await say(tripoli, json.id, 'end')).json.state).toBe('ended');
    expect((await retrieve(prosecutor, exhibit)).json.rule).toBe('agreement-not-in-force');
  }, 120_000);
});

describe('a third state', () => {
  it('is held at the gate, both ways, until an administrator of the team of the other side releases it with reasons', async () => {
    const [tunis] = (await negotiators(world, api, ['TN'])) as [Negotiator];
    const { client: judge } = await tunis.officer('prosecutor');
    const { officer: clerk, client: clerkClient } = await tripoli.officer('prosecutor');
    const both = await tripoli.officer('prosecutor', 'approver');
    const { json } = await agreed([tripoli, tunis], {
      thirdStates: ['TN'],
      administrators: [clerk, both.officer, world.directory.tripoli.investigator].map(({ id }) => ({
        agencyId: tripoli.agency.id,
        officerId: id,
        name: 'Clerk',
      })),
    });
    const exhibit = await sealed(world.directory.tripoli.investigator, investigator);
    const without = await investigator.post('/v1/grants', proposal(exhibit, json.teamId, tunis));
    expect(without.json).toMatchObject({ status: 403, rule: 'third-state-necessity-missing' });
    const necessity = 'The trial in Tunis rests on the chats on this phone';
    const proposed = await investigator.post('/v1/grants', proposal(exhibit, json.teamId, tunis, { necessity }));
    const id = proposed.json.id as string;
    expect((await step(clerkClient, id, 'release', { reason: 'necessary' })).json.code).toBe('conflict');
    await step(both.client, id, 'approval');
    expect((await accept(judge, id)).json).toMatchObject({
      ...{ status: 403, rule: 'third-state-release-missing', source: 'Regulation (EU) 2023/969 Art. 17' },
    });
    expect((await retrieve(judge, exhibit)).json.rule).toBe('third-state-release-missing');
    const refused: [ApiClient, string][] = [
      [investigator, 'own-proposal'],
      [both.client, 'own-proposal'],
      [approver, 'not-team-administrator'],
      [judge, 'not-team-administrator'],
    ];
    for (const [client, rule] of refused)
      expect((await step(client, id, 'release', { reason: 'necessary' })).json.rule).toBe(rule);
    expect((await investigator.post(`/v1/grants/${id}/release`, { reason: 'necessary' })).status).toBe(428);
    const released = await step(clerkClient, id, 'release', { reason: 'Necessity checked against the indictment' });
    expect(released.json).toMatchObject({ state: 'approved', awaitsRelease: false, releasedBy: clerk.id });
    expect((await eventsOf(world, exhibit.id)).at(-1)).toMatchObject({
      kind: 'grant-released',
      reason: 'Necessity checked against the indictment',
      detail: { necessity },
    });
    expect((await step(clerkClient, id, 'release', { reason: 'once more' })).json.code).toBe('conflict');
    expect((await accept(judge, id)).json.state).toBe('active');
    expect((await retrieve(judge, exhibit)).status).toBe(201);

    const uploader = await tunis.officer('investigator');
    const second = await tunis.officer('approver');
    const theirs = await sealed(uploader.officer, uploader.client);
    const offered = await uploader.client.post('/v1/grants', proposal(theirs, json.teamId, tripoli, { necessity }));
    await step(second.client, offered.json.id as string, 'approval');
    expect((await accept(clerkClient, offered.json.id as string)).json.rule).toBe('third-state-release-missing');
    expect((await step(second.client, offered.json.id as string, 'release', { reason: 'necessary' })).json.rule).toBe(
      'not-team-administrator',
    );
    expect(
      (await step(clerkClient, offered.json.id as string, 'release', { reason: 'necessary' })).json.awaitsRelease,
    ).toBe(false);
    expect((await accept(clerkClient, offered.json.id as string)).json.state).toBe('active');
  }, 120_000);
});

/** A download by the recipient in Rome whose client has read some bytes, and reads on only later. @returns how many came in all, once it is over */
async function slowDownload(path: string): Promise<{ readonly over: Promise<number> }> {
  const token = await world.issuer.tokenFor(world.directory.rome.prosecutor.subject, PUBLIC_URL);
  const socket = connect(api.port, '127.0.0.1');
  const fields = ['Host: amana.example', ...signedInLines(token, 'GET', PUBLIC_URL, path)];
  socket.write(`GET ${path} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`);
  let sizeBytes = 0;
  socket.on('data', (chunk: Buffer) => (sizeBytes += chunk.length));
  await once(socket, 'data');
  socket.pause();
  const over = new Promise<number>((resolve) => {
    socket.on('error', () => undefined).on('close', () => resolve(sizeBytes));
    // Its end is noticed only by a reader.
    setTimeout(() => socket.resume(), 1_800);
  });
  return { over };
}
