import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { publishLog } from '../support/publish-log.js';
import { bringIn, sampleExhibit } from '../support/sample-exhibit.js';

let world: TestWorld;
let api: TestApi;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
});
afterAll(async () => {
  await api?.stop();
  await world?.end();
});

const standing = async () => (await (await fetch(`${api.baseUrl}/log/monitor`)).json()) as Record<string, unknown>;

describe('how the record stands, for anyone', () => {
  it('is told before anything is published', async () => {
    expect(await standing()).toMatchObject({
      size: 0,
      root: null,
      witnesses: [],
      quorum: null,
      stamped: null,
      scrubs: [],
    });
  });

  it('has size and root, witnesses and how far behind each is, and the last scrub', async () => {
    const { investigator } = world.directory.tripoli;
    await bringIn(await api.as(investigator), await sampleExhibit(investigator));
    await publishLog(world);
    await world.query(
      `INSERT INTO amana.log_witness (verifier_key, name, url, size) VALUES ('w', 'witness.example', 'https://witness.example', 2)`,
    );
    await world.query(`INSERT INTO amana.scrub_pass (part, ended_at, checked) VALUES ('log', now(), 3)`);
    await world.query(
      `INSERT INTO amana.log_timestamp (origin, size, note, token, gen_time, tsa, valid_until) VALUES
         ($1, 1, '', '', now() - interval '2 hours', 'CN=older', now()), ($1, 2, '', '', now() - interval '90 seconds', 'CN=tsa', now()),
         ('another.example/log', 9, '', '', now(), 'CN=of another log', now())`,
      [world.environment.AMANA_LOG_ORIGIN],
    );
    const [head] = await world.query<{ size: string }>('SELECT max(size) AS size FROM amana.log_checkpoint');
    const size = Number(head?.size);
    expect(await standing()).toMatchObject({
      size,
      quorum: 1,
      witnesses: [{ name: 'witness.example', size: 2, behind: size - 2, fault: null }],
      scrubs: [{ part: 'log', checked: 3, faults: 0 }],
      stamped: { size: 2, behind: size - 2, authority: 'CN=tsa' },
    });
    const { stamped } = (await standing()) as unknown as { stamped: { at: string; ageSeconds: number } };
    expect(stamped.ageSeconds).toBeGreaterThanOrEqual(90);
    expect(Math.abs((Date.now() - Date.parse(stamped.at)) / 1000 - stamped.ageSeconds)).toBeLessThan(5);
  });

  it('has a page for people, which runs nothing', async () => {
    const response = await fetch(`${api.baseUrl}/monitor`);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await response.text()).toContain('witness.example');
  });
});
