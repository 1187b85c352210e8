import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { evidenceKey } from '#server/storage';
import { spawnApi } from '../../support/api.js';
import { eventsOf, kindsOf, until } from '../../support/records.js';
import { completeUpload, partOf, partsOf } from '../../support/sample-exhibit.js';
import { fileOf, THREE_PARTS, uploadsInTest } from '../../support/uploads-in-test.js';
import { createApi } from '../../../apps/api/api.js';

const given = uploadsInTest(createApi);
const { registered, rowOf, storedBytes } = given;

describe('completing', () => {
  it('names what is missing', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    const early = await completeUpload(given.client, file);
    expect([early.status, early.json.code]).toEqual([409, 'conflict']);
    await given.client.putPart(file.id, 2, partOf(file, 2));
    const answer = await completeUpload(given.client, file);
    expect([answer.status, answer.json.code, answer.json.detail]).toEqual([
      409,
      'conflict',
      '2 parts are missing: 1, 3',
    ]);
  });

  it('may be asked for by several at once and again: one version, one event', async () => {
    const exhibit = await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] });
    const file = fileOf(exhibit);
    for (const { number, bytes } of partsOf(file)) await given.client.putPart(file.id, number, bytes);
    const complete = () => completeUpload(given.client, file);
    const answers = await Promise.all([complete(), complete(), complete(), complete()]);
    answers.push(await complete());
    expect(answers.map(({ status, json }) => [status, json.state, json.received.length])).toEqual(
      answers.map(() => [200, 'stored', 3]),
    );
    expect(await kindsOf(given.world, exhibit.id)).toEqual(['exhibit-registered', 'file-stored']);
  });

  it('may be asked of two processes in the same instant: one version, one event', async () => {
    const other = await spawnApi(given.world);
    const beside = await other.as(given.investigator);
    const exhibit = await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] });
    const file = fileOf(exhibit);
    for (const { number, bytes } of partsOf(file)) await given.client.putPart(file.id, number, bytes);
    const { caseId } = (await given.client.get(`/v1/exhibits/${exhibit.id}`)).json;
    // Held here, the case's chain lets neither of them commit before the other has come as far.
    await given.world.query(`SELECT pg_advisory_lock(hashtextextended($1, 0))`, [caseId]);
    const asked = [given.client, beside].map((to) => completeUpload(to, file));
    const answers = Promise.all(asked);
    await Promise.race([...asked, until(async () => (await waitingForLocks()) >= 2)]);
    await given.world.query(`SELECT pg_advisory_unlock(hashtextextended($1, 0))`, [caseId]);
    expect((await answers).map(({ status, json }) => [status, json.state])).toEqual([
      [200, 'stored'],
      [200, 'stored'],
    ]);
    await other.stop();
    expect(await kindsOf(given.world, exhibit.id)).toEqual(['exhibit-registered', 'file-stored']);
    expect((await storedBytes(file)).equals(file.sealed)).toBe(true);
  });

  it('53 asks for If-Match, 52 refuses the tag of other parts than there are', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    const path = `/v1/uploads/${file.id}`;
    const tag = async () => (await given.client.get(path)).headers.get('etag') ?? '';
    const tags = [await tag()];
    for (const { number, bytes } of partsOf(file)) {
      await given.client.putPart(file.id, number, bytes);
      tags.push(await tag());
    }
    expect(new Set(tags).size).toBe(4);
    const seen = tags.pop() ?? '';
    expect(await tag()).toBe(seen);
    const without = await given.client.post(`${path}/complete`);
    expect([without.status, without.json.code]).toEqual([428, 'precondition-required']);
    for (const stale of [...tags, '"1"']) {
      const answer = await given.client.post(`${path}/complete`, {}, { 'if-match': stale });
      expect([answer.status, answer.json.code]).toEqual([412, 'precondition-failed']);
    }
    for (const loose of ['*', 'x', `W/${seen}`, `${seen}, "2"`]) {
      const answer = await given.client.post(`${path}/complete`, {}, { 'if-match': loose });
      expect([answer.status, answer.json.code]).toEqual([400, 'malformed-request']);
    }
    const done = await given.client.post(`${path}/complete`, {}, { 'if-match': seen });
    expect([done.status, done.headers.get('etag')]).toEqual([200, await tag()]);
    expect(done.headers.get('etag')).not.toBe(seen);
    // Its answer lost, the same request is no failure.
    expect((await given.client.post(`${path}/complete`, {}, { 'if-match': seen })).json).toEqual(done.json);
  });

  it('repeats its answer to the same key, and 54 refuses the key for another upload', async () => {
    const exhibit = await registered({
      files: [
        { name: 'x', sizeBytes: THREE_PARTS },
        { name: 'y', sizeBytes: THREE_PARTS },
      ],
    });
    for (const file of exhibit.files)
      for (const { number, bytes } of partsOf(file)) await given.client.putPart(file.id, number, bytes);
    const [one, other] = exhibit.files;
    const key = { 'idempotency-key': randomUUID() };
    const first = await completeUpload(given.client, one!, key);
    const again = await completeUpload(given.client, one!, key);
    expect([again.status, again.json, again.headers.get('etag')]).toEqual([200, first.json, first.headers.get('etag')]);
    const mixed = await completeUpload(given.client, other!, key);
    expect([mixed.status, mixed.json.code]).toEqual([422, 'idempotency-mismatch']);
    expect((await rowOf(other!)).state).toBe('uploading');
  });

  it('11 pins the version, locks it, and puts both on the record', async () => {
    const exhibit = await registered();
    const file = fileOf(exhibit);
    await given.client.putPart(file.id, 1, file.sealed);
    const { version_id, retain_until } = await rowOf(file);
    const held = await given.store.retention(evidenceKey({ exhibitId: exhibit.id, fileId: file.id }), version_id);
    expect(held?.getTime()).toBeGreaterThan(Date.now() + 3649 * 86_400_000);
    expect(retain_until).toEqual(held);
    expect((await eventsOf(given.world, exhibit.id)).at(-1)).toMatchObject({
      kind: 'file-stored',
      object: { fileId: file.id, versionId: version_id, retainUntil: held?.toISOString() },
    });
  });
});

async function waitingForLocks(): Promise<number> {
  const [row] = await given.world.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row?.waiting ?? 0;
}
