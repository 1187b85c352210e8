import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { grantTo } from '../../support/grants.js';
import { kindsOf } from '../../support/records.js';
import { bringIn, sampleExhibit, type SampleExhibit } from '../../support/sample-exhibit.js';
import { apiInTest } from '../../support/api-in-test.js';
import { createApi } from '../../../apps/api/api.js';

const given = apiInTest(createApi);
const register = (exhibit: SampleExhibit, headers = {}) =>
  given.client.post('/v1/exhibits', exhibit.registration, headers);

describe('exhibits as they are read', () => {
  it('13, 49 gives 404 for one of others, the same as for none', async () => {
    const exhibit = await sampleExhibit(given.investigator);
    await register(exhibit);
    for (const officer of [
      given.world.directory.stranger.investigator,
      given.world.directory.rome.investigator,
      given.world.directory.rome.auditor,
    ]) {
      const there = await given.api.as(officer);
      const foreign = await there.get(`/v1/exhibits/${exhibit.id}`);
      const none = await there.get(`/v1/exhibits/${randomUUID()}`);
      expect([foreign.status, foreign.json]).toEqual([404, none.json]);
      const list = await there.get(`/v1/exhibits?limit=200`);
      expect(list.json.items.map(({ id }: { id: string }) => id)).not.toContain(exhibit.id);
    }
  });

  it('shows oversight of the same state all of it, files too', async () => {
    const exhibit = await sampleExhibit(given.investigator);
    await register(exhibit);
    const shown = await (await given.api.as(given.world.directory.tripoli.auditor)).get(`/v1/exhibits/${exhibit.id}`);
    expect(shown.json.files).toHaveLength(1);
  });

  it('50 shows a recipient what is granted, and 403 with the rule once that is revoked', async () => {
    const exhibit = await sampleExhibit(given.investigator, { teamId: given.world.directory.teamId });
    await bringIn(given.client, exhibit);
    const there = await given.api.as(given.world.directory.rome.prosecutor);
    const listed = async () => (await there.get('/v1/exhibits')).json.items.map(({ id }: { id: string }) => id);
    expect((await there.get(`/v1/exhibits/${exhibit.id}`)).status).toBe(404);
    const grantId = await grantTo(given.world, exhibit, given.world.directory.rome);
    expect((await there.get(`/v1/exhibits/${exhibit.id}`)).json).toMatchObject({
      id: exhibit.id,
      files: [{ name: 'report.txt' }],
    });
    expect(await listed()).toContain(exhibit.id);
    await given.world.query(`UPDATE amana.evidence_grant SET state = 'revoked' WHERE id = $1`, [grantId]);
    const refused = await there.get(`/v1/exhibits/${exhibit.id}`);
    expect([refused.status, refused.json.rule]).toEqual([403, 'grant-revoked']);
    expect(refused.json.source).toContain('2016/680');
    expect(await listed()).not.toContain(exhibit.id);
    expect((await kindsOf(given.world, exhibit.id)).at(-1)).toBe('access-refused');
  });

  it('lists each once, the newest first, page by page', async () => {
    const officer = given.world.directory.rome.prosecutor;
    const there = await given.api.as(officer);
    const ids: string[] = [];
    for (let count = 0; count < 7; count++) {
      const exhibit = await sampleExhibit(officer);
      await there.post('/v1/exhibits', exhibit.registration);
      ids.unshift(exhibit.id);
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await there.get(`/v1/exhibits?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.json.items.map(({ id }: { id: string }) => id));
      cursor = page.json.next;
    }
    expect(seen.slice(0, 7)).toEqual(ids);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('pages over exhibits of one and the same instant', async () => {
    const officer = given.world.directory.stranger.investigator;
    const there = await given.api.as(officer);
    for (let count = 0; count < 5; count++)
      await there.post('/v1/exhibits', (await sampleExhibit(officer)).registration);
    await given.world.query(
      `UPDATE amana.exhibit SET registered_at = '2026-05-05T05:05:05.005Z' WHERE agency_id = $1`,
      [officer.agency.id],
    );
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await there.get(`/v1/exhibits?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.json.items.map(({ id }: { id: string }) => id));
      cursor = page.json.next;
    }
    expect(new Set(seen).size).toBe(5);
    expect(seen).toHaveLength(5);
  });

  it('finds one by its number', async () => {
    const exhibit = await sampleExhibit(given.investigator);
    await register(exhibit);
    const found = await given.client.get(`/v1/exhibits?number=${exhibit.registration.number}`);
    expect(found.json.items).toMatchObject([{ id: exhibit.id }]);
  });
});
