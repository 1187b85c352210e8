import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { CustodyEvent } from '#domain/custody';
import { kindsOf, eventsOf, jobsOf } from '../support/records.js';
import { sampleExhibit } from '../support/sample-exhibit.js';
import { sharingInTest } from '../support/sharing-in-test.js';
import { createApi } from '../../apps/api/api.js';
import type { Answer } from '../support/api-client.js';
import { grantTo } from '../support/grants.js';

const given = sharingInTest(createApi);

/** The last event in an agency's register. */
async function lastInRegister(agencyId: string): Promise<CustodyEvent | undefined> {
  const [row] = await given.world.query<{ body: Buffer }>(
    `SELECT body FROM amana.custody_event WHERE chain_id = $1 ORDER BY case_seq DESC LIMIT 1`,
    [agencyId],
  );
  return row && (JSON.parse(row.body.toString()) as CustodyEvent);
}

describe('a refusal is on the record before it is an answer, with a review', () => {
  it.each<[string, () => Promise<Answer>, string]>([
    [
      'of a registration',
      async () =>
        given.approver.post(
          '/v1/exhibits',
          (await sampleExhibit(given.world.directory.tripoli.investigator)).registration,
        ),
      'role-not-entitled',
    ],
    [
      'of a part of an upload',
      async () => {
        const exhibit = await sampleExhibit(given.world.directory.tripoli.investigator);
        await given.investigator.post('/v1/exhibits', exhibit.registration);
        return given.approver.putPart(exhibit.files[0]!.id, 1, exhibit.files[0]!.sealed);
      },
      'role-not-entitled',
    ],
    [
      'of a manifest',
      async () => {
        const exhibit = await sampleExhibit(given.world.directory.tripoli.investigator);
        await given.investigator.post('/v1/exhibits', exhibit.registration);
        return given.approver.post(`/v1/exhibits/${exhibit.id}/manifest`, exhibit.jws);
      },
      'role-not-entitled',
    ],
    [
      'of a change of the directory',
      () =>
        given.approver.change(
          `/v1/officers/${given.world.directory.tripoli.colleague.id}`,
          `/v1/officers/${given.world.directory.tripoli.colleague.id}/certificate`,
          { certificate: {}, wrappedKeys: Buffer.from('x').toString('base64') },
        ),
      'role-not-entitled',
    ],
    ['of an agreement', () => given.approver.post('/v1/agreements', { instrument: {} }), 'role-not-entitled'],
    ['of the audit queue', () => given.approver.get('/v1/reviews'), 'role-not-entitled'],
  ])('%s', async (_name, ask, rule) => {
    const { approver, id } = given.world.directory.tripoli;
    const answer = await ask();
    expect([answer.status, answer.json.rule]).toEqual([403, rule]);
    const event = await lastInRegister(id);
    expect(event).toMatchObject({
      kind: 'access-refused',
      actor: { kind: 'officer', officerId: approver.id },
      authority: { rule },
      result: 'refused',
    });
    expect(Date.now() - Date.parse(event?.at ?? '')).toBeLessThan(60_000);
    expect(await jobsOf(given.world, 'review-event')).toContain(`review-event/${event?.id}`);
  });

  it('of a grant, in the case of its exhibit, once', async () => {
    const exhibit = await given.sealedExhibit();
    const before = (await eventsOf(given.world, exhibit.id)).length;
    const answer = await given.investigator.post('/v1/grants', given.proposal([exhibit], { clause: '17' }));
    expect(answer.json.rule).toBe('clause-not-in-agreement');
    const events = (await eventsOf(given.world, exhibit.id)).slice(before);
    expect(events).toMatchObject([{ kind: 'access-refused', authority: { rule: 'clause-not-in-agreement' } }]);
    expect(await jobsOf(given.world, 'review-event')).toContain(`review-event/${events[0]?.id}`);
  });

  it('and what is refused for want of form, or is not there, is none', async () => {
    const count = async () =>
      (await given.world.query(`SELECT FROM amana.custody_event WHERE kind = 'access-refused'`)).length;
    const before = await count();
    await given.investigator.get(`/v1/exhibits/${randomUUID()}`);
    await given.investigator.post('/v1/grants', {});
    expect(await count()).toBe(before);
  });
});

describe('reading an exhibit', () => {
  it('by others than its holder is an event before the answer; by the holder it is none', async () => {
    const exhibit = await given.sealedExhibit();
    const path = `/v1/exhibits/${exhibit.id}`;
    const readings = async () =>
      (await eventsOf(given.world, exhibit.id)).flatMap(({ kind, actor, authority, detail }) =>
        kind === 'exhibit-read' ? [[actor.kind === 'officer' && actor.role, authority?.rule, detail?.what]] : [],
      );
    await given.investigator.get(path);
    expect(await readings()).toEqual([]);
    expect((await given.auditor.get(path)).status).toBe(200);
    const grantId = await grantTo(given.world, exhibit, given.world.directory.rome, 'approved');
    expect((await given.prosecutor.get(path)).status).toBe(200);
    await given.world.query(`UPDATE amana.evidence_grant SET state = 'active' WHERE id = $1`, [grantId]);
    expect((await given.prosecutor.get(path)).status).toBe(200);
    await given.prosecutor.get(`${path}/receipt`);
    expect(await readings()).toEqual([
      ['auditor', 'oversight', 'facts'],
      ['prosecutor', 'offered-grant', 'offer'],
      ['prosecutor', 'live-grant', 'facts'],
      ['prosecutor', 'live-grant', 'receipt'],
    ]);
    expect(await kindsOf(given.world, exhibit.id)).not.toContain('access-refused');
  });

  it('lets an auditor see what a grant is for', async () => {
    const exhibit = await given.sealedExhibit();
    const id = await given.propose([exhibit]);
    expect((await given.auditor.get(`/v1/grants/${id}`)).json.exhibitIds).toEqual([exhibit.id]);
  });
});
