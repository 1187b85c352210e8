// A request for evidence by the command line, from the form to the bytes, on a whole platform.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { RequestSummary, RequestView } from '#domain/contract';
import { digestOf, until } from '../support/chain-files.js';
import { ChainWorld } from '../support/chain-world.js';

describe('a request for evidence', () => {
  const world = ChainWorld.use(() => Promise.resolve({ options: {}, stop: () => Promise.resolve() }));

  /** A request of Petra's, out of the file that `request form` gives. */
  async function drafted(instrument: string, changes: Record<string, unknown> = {}): Promise<RequestView> {
    const example = JSON.parse((await world.petra.must(['request', 'form', instrument])).stdout) as {
      form: Record<string, unknown>;
    };
    const file = join(world.folder, `${instrument}.json`);
    const team = instrument === 'jit' ? { team: 'JIT Safe Passage' } : {};
    const form = { ...example.form, ...changes };
    writeFileSync(file, JSON.stringify({ ...example, ...team, to: 'Arcadia Border Guard', form }));
    return world.petra.json<RequestView>(['request', 'draft', file]);
  }

  it('is submitted, acknowledged, clarified, answered by a grant, fetched, and closed', async () => {
    const { id } = await drafted('eio');
    expect((await world.bruno.run(['request', 'show', id])).code).toBe(3);
    await world.petra.must(['request', 'submit', id]);
    const [received] = await world.bruno.json<RequestSummary[]>(['request', 'list', '--direction', 'received']);
    expect(received).toMatchObject({ id, state: 'submitted', instrument: 'eio' });
    await world.bruno.must(['request', 'acknowledge', id]);
    await world.bruno.must(['request', 'clarify', id, '--text', 'Which of the two telephones?']);
    await world.petra.must(['request', 'clarify', id, '--text', 'The one with the cracked screen.']);
    await world.bruno.must(['request', 'answer', id, 'granted']);

    const image = join(world.place('telephone'), 'image.raw');
    writeFileSync(image, randomBytes(3_000_000));
    const number = await world.upload(image);
    const grantId = await world.shareWithPetra(number);
    await world.bruno.must(['request', 'fulfil', id, grantId]);
    const fulfilled = await world.petra.json<RequestView>(['request', 'show', id]);
    expect(fulfilled).toMatchObject({ state: 'fulfilled', grants: [{ grantId, exhibitIds: [expect.any(String)] }] });
    const [exhibitId = ''] = fulfilled.grants[0]?.exhibitIds ?? [];
    const fetched = join(world.folder, 'fetched');
    await world.petra.must(['fetch', exhibitId, '-o', fetched, '--purpose', 'Trial of the organisers']);
    expect(digestOf(join(fetched, 'image.raw'))).toBe(digestOf(image));
    expect(readFileSync(join(fetched, 'image.raw'))).toHaveLength(3_000_000);
    const closed = await world.petra.must(['request', 'close', id]);
    expect(closed.stdout).toContain('The one with the cracked screen.');
  }, 240_000);

  it('is refused on a ground of its instrument alone, the rule cited on the one line of the failure', async () => {
    const { id } = await drafted('jit');
    await world.petra.must(['request', 'submit', id]);
    await world.bruno.must(['request', 'acknowledge', id]);
    const refuse = (ground: string) =>
      world.bruno.run([
        'request',
        'answer',
        id,
        'refused',
        '--ground',
        ground,
        '--because',
        'It is no matter of the team.',
      ]);
    expect(await refuse('ne-bis-in-idem')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no such ground'),
    });
    expect((await refuse('outside-the-team')).code).toBe(0);
    const shown = await world.petra.must(['request', 'show', id]);
    expect(shown.stdout).toContain('outside-the-team (MLA Convention 2000 Art. 13(1), 13(10))');
  }, 120_000);

  it('that is overdue shows so to both sides, and is a review of oversight', async () => {
    const { id } = await drafted('epo', { urgency: 'emergency', urgencyReason: 'A boat with forty people is adrift.' });
    await world.petra.must(['request', 'submit', id]);
    const owner = new Client({ connectionString: world.platform.database.ownerUrl });
    await owner.connect();
    try {
      await owner.query('ALTER TABLE amana.request_deadline NO FORCE ROW LEVEL SECURITY');
      await owner.query(
        `UPDATE amana.request_deadline SET due_at = now() - interval '1 minute', remind_at = now() - interval '2 minutes'
         WHERE request_id = $1 AND milestone = 'acknowledgement'`,
        [id],
      );
      await owner.query('ALTER TABLE amana.request_deadline FORCE ROW LEVEL SECURITY');
    } finally {
      await owner.end();
    }
    const reviewed = async () =>
      (await world.omar.json<{ rule: string }[]>(['audit', 'queue'])).some(({ rule }) => rule === 'overdue-request');
    await until(reviewed);
    for (const desk of [world.petra, world.bruno])
      expect((await desk.must(['request', 'list'])).stdout).toContain('acknowledgement OVERDUE');
    expect((await world.bruno.must(['request', 'calendar'])).stdout).toContain(`UID:${id}-acknowledgement@amana`);
  }, 120_000);
});
