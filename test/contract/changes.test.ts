import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type Receipt, signReceipt, signerOf } from '#domain/manifest';
import type { ApiClient } from '../support/api-client.js';
import { grantTo } from '../support/grants.js';
import { eventsOf } from '../support/records.js';
import { sharingInTest } from '../support/sharing-in-test.js';
import { createApi } from '../../apps/api/api.js';

const given = sharingInTest(createApi);
const key = () => ({ 'idempotency-key': randomUUID() });

/** A change that stands before its version: where it is sent, by whom, with which body and which other one. */
interface Change {
  readonly client: ApiClient;
  readonly path: string;
  readonly body: object;
  readonly other: object;
  readonly version: number;
}

async function review(): Promise<string> {
  const id = randomUUID();
  const exhibit = await given.sealedExhibit();
  await given.world.query(
    `INSERT INTO amana.review (id, rule, event_id, event_kind, exhibit_id, states, because, due_at)
     SELECT $1, 'refused-access', id, kind, exhibit_id, states, 'x', now() + interval '3 days' FROM amana.custody_event WHERE exhibit_id = $2 LIMIT 1`,
    [id, exhibit.id],
  );
  return id;
}
async function grant(...steps: [client: 'approver' | 'prosecutor', verb: string, body?: object][]): Promise<string> {
  const id = await given.propose([await given.sealedExhibit()]);
  for (const [client, verb, body] of steps) await given.step(given[client], id, verb, body);
  return id;
}

const CHANGES: [string, () => Promise<Change>][] = [
  [
    'an approval',
    async () => ({
      ...{ client: given.approver, path: `/v1/grants/${await grant()}/approval` },
      ...{ body: {}, other: { more: 1 }, version: 1 },
    }),
  ],
  [
    'an acceptance',
    async () => ({
      ...{ client: given.prosecutor, path: `/v1/grants/${await grant(['approver', 'approval'])}/acceptance` },
      ...{ body: { undertaking: 'for this trial' }, other: { undertaking: 'for another' }, version: 2 },
    }),
  ],
  [
    'a refusal',
    async () => ({
      ...{ client: given.prosecutor, path: `/v1/grants/${await grant(['approver', 'approval'])}/refusal` },
      ...{ body: { reason: 'not ours' }, other: { reason: 'not theirs' }, version: 2 },
    }),
  ],
  [
    'a revocation',
    async () => ({
      ...{ client: given.investigator, path: `/v1/grants/${await grant(['approver', 'approval'])}/revocation` },
      ...{ body: { reason: 'over' }, other: { reason: 'done' }, version: 2 },
    }),
  ],
  [
    'a claim of a review',
    async () => ({
      ...{ client: given.auditor, path: `/v1/reviews/${await review()}/claim` },
      ...{ body: {}, other: { more: 1 }, version: 1 },
    }),
  ],
  [
    'a finding',
    async () => {
      const id = await review();
      await given.auditor.change(`/v1/reviews/${id}`, `/v1/reviews/${id}/claim`);
      return {
        ...{ client: given.auditor, path: `/v1/reviews/${id}/findings`, version: 2 },
        ...{ body: { outcome: 'dismissed', text: 'in order' }, other: { outcome: 'finding', text: 'or not' } },
      };
    },
  ],
];

describe.each(CHANGES)('%s', (_name, prepare) => {
  it('53 needs an If-Match, 52 of the version that is there, and changes nothing else', async () => {
    const { client, path, body, version } = await prepare();
    const thing = path.slice(0, path.lastIndexOf('/'));
    const sent = async (tag?: string) =>
      (await client.post(path, body, tag === undefined ? {} : { 'if-match': tag })).status;
    expect(await sent()).toBe(428);
    expect(await sent(`"${version - 1}"`)).toBe(412);
    expect(await sent(`"${version + 1}"`)).toBe(412);
    for (const tag of ['*', 'W/"1"', `${version}`, `"${version}", "9"`]) expect(await sent(tag)).toBe(400);
    expect((await client.get(thing)).json.version).toBe(version);
    const done = await client.post(path, body, { 'if-match': `"${version}"` });
    expect([done.status, done.headers.get('etag')]).toEqual([200, `"${version + 1}"`]);
    expect(done.json.version).toBe(version + 1);
    expect(await sent(`"${version}"`)).toBe(412);
  });

  it('54 sent again under its key answers the same, and with another body 422', async () => {
    const { client, path, body, other, version } = await prepare();
    const headers = { ...key(), 'if-match': `"${version}"` };
    const first = await client.post(path, body, headers);
    const again = await client.post(path, body, headers);
    expect([again.status, again.json]).toEqual([first.status, first.json]);
    expect(first.status).toBe(200);
    const otherwise = await client.post(path, other, headers);
    expect([otherwise.status, otherwise.json.code]).toEqual([422, 'idempotency-mismatch']);
  });
});

describe('what makes something new', () => {
  it('a proposal sent again under its key is created once, and answered 201 each time', async () => {
    const exhibit = await given.sealedExhibit();
    const [body, headers] = [given.proposal([exhibit]), key()];
    const answers = [1, 2, 3].map(() => given.investigator.post('/v1/grants', body, headers));
    const [first, ...others] = await Promise.all(answers);
    expect([first?.status, first?.headers.get('etag')]).toEqual([201, '"1"']);
    for (const other of others) expect([other.status, other.json]).toEqual([201, first?.json]);
    const proposed = (await eventsOf(given.world, exhibit.id)).filter(({ kind }) => kind === 'grant-proposed');
    expect(proposed).toHaveLength(1);
  });

  it('a retrieval sent again under its key is the same, and answered 201 each time', async () => {
    const exhibit = await given.sealedExhibit();
    const headers = key();
    const begin = () =>
      given.investigator.post(`/v1/exhibits/${exhibit.id}/retrievals`, { purpose: 'examination' }, headers);
    const [first, again] = [await begin(), await begin()];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.json).toEqual(first.json);
  });

  it('a receipt sent again under its key is the same, and another under it 422', async () => {
    const exhibit = await given.sealedExhibit();
    await grantTo(given.world, exhibit, given.world.directory.rome);
    const recipient = given.world.directory.rome.prosecutor;
    const begun = await given.prosecutor.post(`/v1/exhibits/${exhibit.id}/retrievals`, { purpose: 'trial' });
    const { manifestSha256 } = (await given.investigator.get(`/v1/exhibits/${exhibit.id}`)).json;
    const statement: Receipt = {
      ...{ schema: 'amana-receipt/v1', retrievalId: begun.json.id, exhibitId: exhibit.id, manifestSha256 },
      files: exhibit.manifest.files.map(({ id, sha256 }) => ({ id, sha256 })),
      ...{ receivedAt: new Date().toISOString(), verified: true },
    };
    const receipt = await signReceipt(statement, await signerOf(recipient.signingKey));
    const headers = key();
    const submit = (body: object) => given.prosecutor.post(`/v1/retrievals/${begun.json.id}/receipt`, body, headers);
    const [first, again] = [await submit({ receipt }), await submit({ receipt })];
    expect([first.status, again.status, again.json]).toEqual([200, 200, first.json]);
    expect((await submit({ receipt: null })).json.code).toBe('idempotency-mismatch');
  });
});
