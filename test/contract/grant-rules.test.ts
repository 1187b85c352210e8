import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { AGREED_CLAUSE, AGREED_PURPOSE, seedTeam } from '../support/directory.js';
import { grantTo } from '../support/grants.js';
import { eventsOf } from '../support/records.js';
import { sharingInTest } from '../support/sharing-in-test.js';
import { createApi } from '../../apps/api/api.js';

const given = sharingInTest(createApi);
const UNDERTAKING = { undertaking: 'for this trial alone' };

describe('a proposal', () => {
  it('keeps which purpose of the agreement it is within, and by which clause, on the record too', async () => {
    const exhibit = await given.sealedExhibit();
    const named = { agreedPurpose: AGREED_PURPOSE.toUpperCase(), clause: AGREED_CLAUSE };
    const { json } = await given.investigator.post('/v1/grants', given.proposal([exhibit], named));
    expect(json).toMatchObject({ agreedPurpose: AGREED_PURPOSE, clause: AGREED_CLAUSE });
    expect((await eventsOf(given.world, exhibit.id)).at(-1)).toMatchObject({
      kind: 'grant-proposed',
      authority: { clause: AGREED_CLAUSE },
      detail: { agreedPurpose: AGREED_PURPOSE },
    });
  });

  it('has to name its purpose where the agreement lists several, and so has a retrieval that is within another', async () => {
    const { tripoli, rome } = given.world.directory;
    const exhibit = await given.sealedExhibit();
    const teamId = await seedTeam({ query: given.world.query }, [tripoli, rome], ['trial', 'rescue at sea']);
    const ask = (changes: object) =>
      given.investigator.post('/v1/grants', given.proposal([exhibit], { teamId, ...changes }));
    expect((await ask({ purpose: 'the vessel master' })).json.rule).toBe('purpose-outside-agreement');
    const proposed = await ask({ purpose: 'Trial of the vessel master' });
    expect(proposed.json.agreedPurpose).toBe('trial');
    await given.step(given.approver, proposed.json.id as string, 'approval');
    await given.step(given.prosecutor, proposed.json.id as string, 'acceptance', UNDERTAKING);
    const retrieve = (body: object) => given.prosecutor.post(`/v1/exhibits/${exhibit.id}/retrievals`, body);
    expect((await retrieve({ purpose: 'rescue at sea, a drill' })).json.rule).toBe('purpose-outside-grant');
    expect((await retrieve({ purpose: 'hearing', agreedPurpose: 'rescue at sea' })).json.rule).toBe(
      'purpose-outside-grant',
    );
    expect((await retrieve({ purpose: 'hearing', agreedPurpose: 'tax audit' })).json.rule).toBe(
      'purpose-outside-grant',
    );
    expect((await retrieve({ purpose: '\u200b\u200b\u200b' })).json.rule).toBe('purpose-missing');
    expect((await retrieve({ purpose: 'hearing', agreedPurpose: 'trial' })).status).toBe(201);
    expect((await retrieve({ purpose: 'hearing of 12 May' })).status).toBe(201);
  });

  it('of an exhibit of another team, or of a case of another team, is refused', async () => {
    const { tripoli, rome, teamId } = given.world.directory;
    const other = await seedTeam({ query: given.world.query }, [tripoli, rome]);
    const theirs = await given.sealedExhibit({ teamId: other });
    const refused = await given.investigator.post('/v1/grants', given.proposal([theirs]));
    expect(refused.json).toMatchObject({ status: 403, rule: 'exhibit-of-another-team' });
    const inItsCase = await given.sealedExhibit({ caseNumber: theirs.manifest.caseNumber });
    expect((await given.investigator.post('/v1/grants', given.proposal([inItsCase]))).json.rule).toBe(
      'exhibit-of-another-team',
    );
    expect((await given.investigator.post('/v1/grants', given.proposal([theirs], { teamId: other }))).status).toBe(201);
    const ours = await given.sealedExhibit({ teamId });
    expect((await given.investigator.post('/v1/grants', given.proposal([ours]))).status).toBe(201);
  });

  it('is refused while the agreement behind the team is suspended', async () => {
    const exhibit = await given.sealedExhibit();
    const id = await given.propose([exhibit]);
    await given.world.query(`UPDATE amana.agreement SET suspended = true`);
    try {
      const answer = await given.investigator.post('/v1/grants', given.proposal([exhibit]));
      expect(answer.json).toMatchObject({ status: 403, rule: 'agreement-not-in-force' });
      expect((await given.step(given.approver, id, 'approval')).json.rule).toBe('agreement-not-in-force');
    } finally {
      await given.world.query(`UPDATE amana.agreement SET suspended = false`);
    }
  });

  it('is decided again in its own transaction: what changed while it waited counts', async () => {
    const exhibit = await given.sealedExhibit();
    const { id: officerId } = given.world.directory.tripoli.investigator;
    const key = randomUUID();
    const blocker = new Client({ connectionString: given.world.database.superuserUrl });
    await blocker.connect();
    try {
      // Holds the key under which the proposal is made: it has passed the first look when it comes to wait here.
      await blocker.query(`SELECT pg_advisory_lock(hashtextextended($1, 1))`, [`${officerId}/${key}`]);
      const proposing = given.investigator.post('/v1/grants', given.proposal([exhibit]), { 'idempotency-key': key });
      for (;;) {
        const waiting = await given.world.query(
          `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        if (waiting.length > 0) break;
      }
      await given.world.query(`UPDATE amana.exhibit SET state = 'on-hold' WHERE id = $1`, [exhibit.id]);
      await blocker.query(`SELECT pg_advisory_unlock_all()`);
      expect((await proposing).json).toMatchObject({ status: 403, rule: 'exhibit-on-hold' });
    } finally {
      await blocker.end();
    }
    expect(await given.world.query(`SELECT FROM amana.grant_exhibit WHERE exhibit_id = $1`, [exhibit.id])).toEqual([]);
    expect((await eventsOf(given.world, exhibit.id)).at(-1)).toMatchObject({
      kind: 'access-refused',
      authority: { rule: 'exhibit-on-hold' },
    });
  });
});

describe('an acceptance', () => {
  it('is of all exhibits or of none', async () => {
    const [one, other] = [await given.sealedExhibit(), await given.sealedExhibit()];
    const id = await given.propose([one, other]);
    await given.step(given.approver, id, 'approval');
    const last = [one, other].sort((a, b) => (a.id < b.id ? -1 : 1))[1]!;
    await given.world.query(`UPDATE amana.exhibit SET state = 'quarantined' WHERE id = $1`, [last.id]);
    const refused = await given.step(given.prosecutor, id, 'acceptance', UNDERTAKING);
    expect(refused.json).toMatchObject({ status: 403, rule: 'exhibit-quarantined' });
    expect((await given.prosecutor.get(`/v1/grants/${id}`)).json).toMatchObject({ state: 'approved', version: 2 });
    await given.world.query(`UPDATE amana.exhibit SET state = 'sealed' WHERE id = $1`, [last.id]);
    expect((await given.step(given.prosecutor, id, 'acceptance', UNDERTAKING)).json.state).toBe('active');
  });

  it('rests on that very grant, not on another that reaches its exhibit', async () => {
    const exhibit = await given.sealedExhibit();
    const id = await given.propose([exhibit]);
    await given.step(given.approver, id, 'approval');
    await grantTo(given.world, exhibit, given.world.directory.rome, 'approved');
    await given.world.query(`UPDATE amana.evidence_grant SET agreed_purpose = 'tax audit' WHERE id = $1`, [id]);
    const refused = await given.step(given.prosecutor, id, 'acceptance', UNDERTAKING);
    expect(refused.json).toMatchObject({ status: 403, rule: 'purpose-outside-agreement' });
  });

  it.each<[string, string, string, string]>([
    [
      'under a suspended agreement',
      `UPDATE amana.agreement SET suspended = true`,
      `UPDATE amana.agreement SET suspended = false`,
      'agreement-not-in-force',
    ],
    [
      'by an officer who is certified no longer',
      `UPDATE amana.officer SET key_state = 'revoked' WHERE 'prosecutor' = ANY (roles)`,
      `UPDATE amana.officer SET key_state = 'certified'`,
      'officer-not-certified',
    ],
    [
      'of what is on hold',
      `UPDATE amana.exhibit SET state = 'on-hold'`,
      `UPDATE amana.exhibit SET state = 'sealed'`,
      'exhibit-on-hold',
    ],
    [
      'of what turned out to be privileged',
      `UPDATE amana.exhibit SET privileged = true`,
      `UPDATE amana.exhibit SET privileged = false`,
      'privileged-material',
    ],
  ])('is refused %s', async (_name, change, back, rule) => {
    const id = await given.propose([await given.sealedExhibit()]);
    await given.step(given.approver, id, 'approval');
    const seen = { 'if-match': '"2"' };
    await given.world.query(change);
    try {
      const answer = await given.prosecutor.post(`/v1/grants/${id}/acceptance`, UNDERTAKING, seen);
      expect(answer.json).toMatchObject({ status: 403, rule });
    } finally {
      await given.world.query(back);
    }
  });

  it('is refused to who gave it', async () => {
    const id = await given.propose([await given.sealedExhibit()]);
    await given.step(given.approver, id, 'approval');
    expect((await given.step(given.investigator, id, 'acceptance', UNDERTAKING)).json.rule).toBe('no-grant');
  });
});

describe('privileged material', () => {
  it('is for the filter team alone, inside the agency too, which its administrator names', async () => {
    const { world, api } = given;
    const { tripoli } = world.directory;
    const exhibit = await given.sealedExhibit({ flags: ['privilege'] });
    const retrieve = () => given.investigator.post(`/v1/exhibits/${exhibit.id}/retrievals`, { purpose: 'sift' });
    expect((await retrieve()).json.rule).toBe('privileged-material');
    const set = (member: boolean) => ({ member, reason: 'sifting of case 12' });
    const path = `/v1/officers/${tripoli.investigator.id}/filter-team`;
    const put = async (who: typeof tripoli.approver, body: object) =>
      (await api.as(who)).send('PUT', path, JSON.stringify(body), { 'content-type': 'application/json' });
    expect((await put(tripoli.approver, set(true))).json.rule).toBe('role-not-entitled');
    await world.query(`UPDATE amana.officer SET roles = '{agency-admin}' WHERE id = ANY ($1)`, [
      [tripoli.approver.id, world.directory.rome.approver.id],
    ]);
    expect((await put(world.directory.rome.approver, set(true))).status).toBe(404);
    expect((await put(tripoli.approver, set(true))).json).toEqual({ officerId: tripoli.investigator.id, member: true });
    expect((await retrieve()).status).toBe(201);
    const colleague = await api.as(tripoli.colleague);
    const theirs = await colleague.post(`/v1/exhibits/${exhibit.id}/retrievals`, { purpose: 'sift' });
    expect(theirs.json.rule).toBe('privileged-material');
    expect((await given.investigator.post('/v1/grants', given.proposal([exhibit]))).json.rule).toBe(
      'privileged-material',
    );
    await put(tripoli.approver, set(true));
    await put(tripoli.approver, set(false));
    expect((await retrieve()).json.rule).toBe('privileged-material');
    const changes = `SELECT FROM amana.custody_event WHERE chain_id = $1 AND kind = 'filter-team-changed'`;
    expect(await world.query(changes, [tripoli.id])).toHaveLength(2);
  });
});
