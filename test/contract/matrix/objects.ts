import { randomUUID } from 'node:crypto';
import { exampleForm, type RequestForm } from '#domain/requests';
import type { TestWorld } from '../../support/api.js';
import { grantTo } from '../../support/grants.js';
import { bringIn, type SampleExhibit, sampleExhibit } from '../../support/sample-exhibit.js';
import { publishLog } from '../../support/publish-log.js';
import { startRecheck } from '../../support/recheck.js';
import type { Player } from './cast.js';

/** Things of the first agency, of which its partner was given a part. */
export interface Objects {
  readonly exhibit: SampleExhibit;
  /** Registered, its upload under way. */
  readonly unfinished: SampleExhibit;
  /** Each by the name that its path has for it: `{id}` of `/v1/exhibits` is `exhibits`. */
  readonly ids: Readonly<Record<string, string>>;
  /** What the first agency signed of its keys, and the agreement that both signed. */
  readonly statement: unknown;
  readonly instrument: unknown;
  /** Its text without the signatures. */
  readonly draft: unknown;
  /** What the partner asks the first agency for, by a form that binds both states; and an agency that neither of them is. */
  readonly form: RequestForm;
  readonly thirdAgencyId: string;
  /** What nobody may learn who is not entitled to the exhibit: its numbers, names and ids. */
  readonly secrets: readonly string[];
}

/** Brings two exhibits in, shares one, begins to retrieve it, and raises a review of that. */
export async function objectsOf(world: TestWorld, players: readonly Player[]): Promise<Objects> {
  const investigator = players.find(({ relation, part }) => relation === 'own' && part === 'investigator');
  if (!investigator) throw new Error('there is no investigator in the cast');
  const { officer, client } = investigator;
  const [exhibit, unfinished] = [await sampleExhibit(officer), await sampleExhibit(officer)];
  await bringIn(client, exhibit);
  await client.post('/v1/exhibits', unfinished.registration);
  const worker = await startRecheck(world);
  await worker.recheck(exhibit.id);
  await worker.stop();
  for (const { id } of new Set(players.map((player) => player.officer.agency)))
    await world.query(`INSERT INTO amana.agency_key_bundle VALUES ($1, 1, 'wrapped')`, [id]);
  const grantId = await grantTo(world, exhibit, world.directory.rome);
  const begun = await client.post(`/v1/exhibits/${exhibit.id}/retrievals`, { purpose: 'examination' });
  // Read by the partner, which is the event that is asked about; what the investigator began is under review.
  const reader = players.find(({ relation, part }) => relation === 'team' && part === 'prosecutor');
  await reader?.client.get(`/v1/exhibits/${exhibit.id}`);
  const eventOf = async (kind: string) => {
    const sql = `SELECT id FROM amana.custody_event WHERE exhibit_id = $1 AND kind = $2`;
    const [found] = await world.query<{ id: string }>(sql, [exhibit.id, kind]);
    if (!found) throw new Error(`no event ${kind} of the exhibit`);
    return found.id;
  };
  const [authorised, event] = [await eventOf('retrieval-authorised'), await eventOf('exhibit-read')];
  await publishLog(world);
  const reviewId = randomUUID();
  await world.query(
    `INSERT INTO amana.review (id, rule, event_id, event_kind, exhibit_id, states, because, due_at)
     SELECT $1, 'bulk-fetch', id, kind, exhibit_id, '{LY}', 'many', now() + interval '1 day' FROM amana.custody_event WHERE id = $2`,
    [reviewId, authorised],
  );
  const erasureId = randomUUID();
  await world.query(
    `INSERT INTO amana.erasure (id, event_id, agency_id, instrument, number, reason, proposed_by)
     VALUES ($1, $2, $3, 'Directive (EU) 2016/680', 'Art. 16(2)', 'kept too long', $4)`,
    [erasureId, authorised, officer.agency.id, officer.id],
  );
  const form = exampleForm('mla');
  const requestId = await requestOf(reader, officer.agency.id, form);
  const [file] = exhibit.files;
  const [signed] = await world.query<{ statement: unknown; instrument: unknown }>(
    `SELECT statement, (SELECT instrument FROM amana.agreement LIMIT 1) AS instrument FROM amana.agency WHERE id = $1`,
    [officer.agency.id],
  );
  const { payload } = signed?.instrument as { payload: string };
  const third = players.find(({ relation }) => relation === 'foreign')?.officer.agency.id ?? '';
  return {
    ...{
      exhibit,
      unfinished,
      statement: signed?.statement,
      instrument: signed?.instrument,
      form,
      thirdAgencyId: third,
    },
    draft: JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')),
    ids: {
      requests: requestId,
      agreements: (JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { agreementId: string })
        .agreementId,
      teams: world.directory.teamId,
      exhibits: exhibit.id,
      grants: grantId,
      retrievals: begun.json.id,
      reviews: reviewId,
      erasures: erasureId,
      events: event,
      officers: officer.id,
      agencies: officer.agency.id,
      uploads: unfinished.files[0]?.id ?? '',
      files: file?.id ?? '',
    },
    secrets: [exhibit, unfinished].flatMap(({ id, files, registration }) => [
      ...[id, registration.number, registration.caseNumber],
      ...files.flatMap((one) => [one.id, one.name]),
    ]),
  };
}

/** A request as the authority asked has it before it: drafted and submitted. */
async function requestOf(asking: Player | undefined, toAgencyId: string, form: RequestForm): Promise<string> {
  const drafted = await asking?.client.post('/v1/requests', { toAgencyId, form });
  const id = drafted?.json.id as string;
  await asking?.client.change(`/v1/requests/${id}`, `/v1/requests/${id}/submit`);
  return id;
}
