import { describe, expect, it } from '@jest/globals';
import { OperationsServer } from '#server/operations';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApi } from '../../apps/api/api.js';
import { apiInTest } from '../support/api-in-test.js';
import { bringIn, sampleExhibit } from '../support/sample-exhibit.js';

let app: NestExpressApplication;
const given = apiInTest(async () => (app = await createApi()));

const metrics = async () => (await fetch(`http://127.0.0.1:${app.get(OperationsServer).port}/metrics`)).text();
/** Values of a metric by its labels, as Prometheus writes them. */
async function valuesOf(name: string): Promise<Map<string, number>> {
  const lines = (await metrics())
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return new Map(
    lines.map((line): [string, number] => {
      const [, labels = '', value = ''] = /^\w+(\{.*\})? (.+)$/.exec(line) ?? [];
      return [labels, Number(value)];
    }),
  );
}

describe('the metrics of the API', () => {
  it('time requests by route and status, and tell no id, name or path', async () => {
    const exhibit = await sampleExhibit(given.investigator, { files: [{ name: 'secret-name.txt', sizeBytes: 10 }] });
    await bringIn(given.client, exhibit);
    await given.client.get(`/v1/exhibits/${exhibit.id}`);
    await given.client.get('/v1/exhibits/none');
    await given.client.get(`/nowhere/${exhibit.id}`);
    const counts = await valuesOf('amana_http_request_duration_seconds_count');
    expect(counts.get('{method="GET",route="/v1/exhibits/:id",status="200"}')).toBe(1);
    expect(counts.get('{method="GET",route="/v1/exhibits/:id",status="400"}')).toBe(1);
    expect(counts.get('{method="POST",route="/v1/exhibits",status="201"}')).toBe(1);
    expect(counts.get('{method="PUT",route="/v1/uploads/:fileId/parts/:number",status="200"}')).toBe(1);
    expect(counts.get('{method="GET",route="none",status="404"}')).toBe(1);
    const text = await metrics();
    for (const told of [exhibit.id, exhibit.files[0]!.id, 'secret-name', exhibit.registration.caseNumber])
      expect(text).not.toContain(told);
  });

  it('count the parts on their way in', async () => {
    expect([...(await valuesOf('amana_uploads_in_flight')).values()]).toEqual([0]);
  });

  it('tell how the record stands, as the database has it', async () => {
    const { query } = given.world;
    expect([...(await valuesOf('amana_custody_events_recorded')).values()]).toEqual([0]);
    expect((await valuesOf('amana_log_checkpoint_age_seconds')).size).toBe(0);
    await query(
      `INSERT INTO amana.log_entry (log_index, event_id, commitment)
       SELECT row_number() OVER () - 1, id, commitment FROM amana.custody_event`,
    );
    await query(`INSERT INTO amana.log_checkpoint (size, note, published_at) VALUES (2, 'x', now() - interval '90 s')`);
    const [row] = await query<{ events: number }>(`SELECT count(*)::int AS events FROM amana.custody_event`);
    expect([...(await valuesOf('amana_custody_events_recorded')).values()]).toEqual([row?.events]);
    expect([...(await valuesOf('amana_log_checkpoint_size')).values()]).toEqual([2]);
    const [age = 0] = (await valuesOf('amana_log_checkpoint_age_seconds')).values();
    expect(age).toBeGreaterThanOrEqual(90);
    expect(age).toBeLessThan(200);
  });

  it('leave the queue to the worker, whose role may see it', async () => {
    expect((await valuesOf('amana_queue_depth')).size).toBe(0);
  });
});
