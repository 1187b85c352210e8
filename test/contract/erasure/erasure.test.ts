import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type ErasedEventView, pageOf, RecordedEventView } from '#domain/contract';
import { fsck, LogStore } from '#server/custody';
import { storeFrom } from '#server/storage';
import { createApi } from '../../../apps/api/api.js';
import { testLogKey } from '../../support/custody.js';
import { openDatabase } from '../../support/database.js';
import { erasingInTest, GROUND } from '../../support/erasing.js';
import { grantTo } from '../../support/grants.js';
import { publishLog } from '../../support/publish-log.js';
import type { SampleExhibit } from '../../support/sample-exhibit.js';

const given = erasingInTest(createApi);

/** Words that nothing else has. */
const newName = () => `Zaynab-${randomUUID()}`;

/** Tables of the platform that have these words in them, as text or as the bytes of text. */
async function tablesWith(words: string): Promise<string[]> {
  const tables = await given.world.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'amana' ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await given.world.query(
      `SELECT FROM ${name} AS t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0 LIMIT 1`,
      [words, Buffer.from(words).toString('hex')],
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}

const eventsOf = async (exhibit: SampleExhibit, client = given.investigator) =>
  pageOf(RecordedEventView).parse((await client.get(`/v1/events?exhibitId=${exhibit.id}`)).json).items;

async function check() {
  const { database, storeUrl } = given.world;
  const store = await storeFrom(storeUrl);
  const worker = await openDatabase(database.workerUrl);
  try {
    return await fsck({ database: worker.database, store: new LogStore(store), key: testLogKey().verifier });
  } finally {
    await worker.close();
    await store.close();
  }
}

describe('an erasure', () => {
  it('is proposed by one officer, approved by another, and leaves of the event that it was, and who erased it by what law', async () => {
    const name = newName();
    const { exhibit, event } = await given.heldExhibit(name);
    const view = await given.erased(event);
    const { tripoli } = given.world.directory;
    expect(view).toMatchObject({
      ...{ eventId: event, eventKind: 'exhibit-held', exhibitId: exhibit.id, ground: GROUND, agencyId: tripoli.id },
      ...{ proposedBy: tripoli.colleague.id, decidedBy: tripoli.approver.id, refusal: null },
    });
    await publishLog(given.world);
    const items = await eventsOf(exhibit);
    const shown = items.find(({ id }) => id === event) as ErasedEventView;
    const saying = items.find(({ id }) => id === view.recordedAs);
    expect(shown).toEqual({
      ...{ id: event, index: view.index, proof: expect.anything(), commitment: view.commitment },
      erased: {
        ...{ ground: GROUND, eventId: view.recordedAs, index: saying?.index, at: expect.any(String) },
        ...{ agencyId: tripoli.id, role: 'approver' },
      },
    });
    expect(saying && 'event' in saying && saying.event).toMatchObject({
      kind: 'event-erased',
      actor: { officerId: tripoli.approver.id },
      erasure: { index: view.index, commitment: view.commitment, ground: GROUND },
      detail: { proposedBy: tripoli.colleague.id },
    });
    expect((await given.investigator.get(`/v1/events/${event}/proof`)).status).toBe(200);
    expect((await given.kindsOf(exhibit)).filter((kind) => kind.includes('eras'))).toEqual([
      'erasure-proposed',
      'event-erased',
    ]);
  });

  it('leaves a log that verifies and counts it, and is told from a body that somebody destroyed', async () => {
    const before = await check();
    const { event } = await given.heldExhibit();
    await given.erased(event);
    await publishLog(given.world);
    expect(await check()).toMatchObject({ ok: true, erased: before.erased + 1, faults: [] });
    const { event: other } = await given.heldExhibit();
    const [{ log_index: index } = { log_index: '' }] = await given.world.query<{ log_index: string }>(
      'SELECT log_index FROM amana.log_entry WHERE event_id = $1',
      [other],
    );
    await given.world.query('CREATE TABLE public.kept AS SELECT * FROM amana.custody_event WHERE id = $1', [other]);
    await given.world.query('UPDATE amana.custody_event SET salt = NULL, body = NULL WHERE id = $1', [other]);
    try {
      expect((await check()).faults).toEqual([
        { part: 'event', index: Number(index), detail: expect.stringContaining('no erasure of it is on the record') },
      ]);
    } finally {
      await given.world.query(
        'UPDATE amana.custody_event e SET salt = k.salt, body = k.body FROM public.kept k WHERE k.id = e.id',
      );
      await given.world.query('DROP TABLE public.kept');
    }
  });

  it('takes the words wherever they were copied: from the grant that has ended, the review, the answers that are kept', async () => {
    const name = newName();
    const exhibit = await given.sealedExhibit();
    const id = await given.offered([exhibit], { purpose: `trial of ${name}` });
    expect((await given.step(given.holder, id, 'refusal', { reason: `no case against ${name}` })).status).toBe(200);
    const refused = await given.eventOf(exhibit, 'grant-refused');
    const proposed = await given.eventOf(exhibit, 'grant-proposed');
    const { auditor } = given.world.directory.tripoli;
    await given.world.query(
      `INSERT INTO amana.review (id, rule, event_id, event_kind, states, because, state, due_at)
       VALUES (gen_random_uuid(), 'refused-access', $1, 'grant-refused', '{LY}', $2, 'closed', now())`,
      [refused, `refused: ${name}`],
    );
    await given.world.query(
      `INSERT INTO amana.idempotency (officer_id, key, request_sha256, status, body) VALUES ($1, $2, '', 200, $3)`,
      [auditor.id, randomUUID(), { eventId: refused, because: `refused: ${name}` }],
    );
    expect(await tablesWith(name)).toEqual([
      'amana.custody_event',
      'amana.evidence_grant',
      'amana.idempotency',
      'amana.review',
    ]);
    await given.erased(refused);
    await given.erased(proposed);
    expect(await tablesWith(name)).toEqual([]);
    expect((await given.investigator.get(`/v1/grants/${id}`)).json).toMatchObject({
      ...{ purpose: '[erased]', reason: '[erased]', legalBasis: 'JIT agreement, clause 4', state: 'refused' },
    });
  });

  it('takes the purpose of a retrieval that has ended', async () => {
    const name = newName();
    const exhibit = await given.sealedExhibit();
    const begun = await given.investigator.post(`/v1/exhibits/${exhibit.id}/retrievals`, { purpose: `for ${name}` });
    expect(begun.status).toBe(201);
    await given.world.query(`UPDATE amana.retrieval SET expires_at = now() WHERE id = $1`, [begun.json.id]);
    await given.erased(await given.eventOf(exhibit, 'retrieval-authorised'));
    expect(await tablesWith(name)).toEqual([]);
  });

  it('is done once for a key, and answered again the same', async () => {
    const { event } = await given.heldExhibit();
    const key = { 'idempotency-key': randomUUID() };
    const path = `/v1/events/${event}/erasure`;
    const [first, again] = [
      await given.administrator.post(path, { ground: GROUND }, key),
      await given.administrator.post(path, { ground: GROUND }, key),
    ];
    expect([again?.status, again?.json]).toEqual([201, first?.json]);
    const approval = { 'idempotency-key': randomUUID(), 'if-match': '"1"' };
    const at = `/v1/erasures/${first?.json.id}/approval`;
    const done = await given.approver.post(at, {}, approval);
    expect(done.json).toMatchObject({ state: 'erased' });
    expect((await given.approver.post(at, {}, approval)).json).toEqual(done.json);
  });

  it('shows to who has the exhibit by a grant, as erased', async () => {
    const { exhibit, event } = await given.heldExhibit();
    await grantTo(given.world, exhibit, given.world.directory.rome);
    await given.erased(event);
    const shown = (await eventsOf(exhibit, given.prosecutor)).find(({ id }) => id === event);
    expect(shown).toMatchObject({ erased: { ground: GROUND, role: 'approver' } });
  });

  it('says nothing of who erased what nobody erased', async () => {
    const { exhibit, event } = await given.heldExhibit();
    await given.world.query('UPDATE amana.custody_event SET salt = NULL, body = NULL WHERE id = $1', [event]);
    expect((await eventsOf(exhibit)).find(({ id }) => id === event)).toMatchObject({ erased: null });
  });
});

describe('a proposal', () => {
  it('may be refused, and withdrawn, with the reason told; then it may be made anew', async () => {
    const { exhibit, event } = await given.heldExhibit();
    for (const client of [given.approver, given.administrator]) {
      const { json } = await given.decide(client, await given.proposed(event), 'refusal', { reason: 'appeal pending' });
      expect(json).toMatchObject({ state: 'refused', refusal: 'appeal pending' });
      expect(await given.isWhole(event)).toBe(true);
    }
    expect((await given.kindsOf(exhibit)).filter((kind) => kind === 'erasure-refused')).toHaveLength(2);
    await given.erased(event);
  });

  it('is listed to those who handle it and to oversight of the state, the newest first', async () => {
    const { event } = await given.heldExhibit();
    const id = await given.proposed(event);
    for (const client of [given.approver, given.administrator, given.auditor]) {
      const { json } = await client.get('/v1/erasures?limit=1');
      expect(json.items.map((item: { id: string }) => item.id)).toEqual([id]);
      expect((await client.get(`/v1/erasures/${id}`)).headers.get('etag')).toBe('"1"');
    }
  });
});
