import { beforeAll, expect } from '@jest/globals';
import { ErasureView } from '#domain/contract';
import type { ErasureId, EventId } from '#domain/evidence';
import type { ListeningApi } from './api.js';
import type { Answer, ApiClient } from './api-client.js';
import type { TestOfficer } from './directory.js';
import { publishLog } from './publish-log.js';
import type { SampleExhibit } from './sample-exhibit.js';
import { sharingInTest, type SharingInTest } from './sharing-in-test.js';

export const GROUND = {
  instrument: 'Directive (EU) 2016/680',
  number: 'Art. 16(2)',
  reason: 'order 318/2026 of the court',
};

/** An agency with what it takes to erase: an administrator who proposes, an approver, a prosecutor whose acts are to be erased. */
export interface ErasingInTest extends Omit<SharingInTest, 'propose' | 'kindsOf'> {
  /** A grant as proposed. @returns its id */
  readonly offered: SharingInTest['propose'];
  readonly administrator: ApiClient;
  readonly holder: ApiClient;
  /** Gives an officer these roles for the rest of the file. */
  become(officer: TestOfficer, roles: string[]): Promise<unknown>;
  /** The last event of this kind of an exhibit, in the published log. */
  eventOf(exhibit: SampleExhibit, kind: string): Promise<EventId>;
  /** A sealed exhibit that was held and released by the prosecutor, for reasons with these words in them. */
  heldExhibit(words?: string): Promise<{ exhibit: SampleExhibit; event: EventId }>;
  propose(event: EventId, client?: ApiClient, body?: unknown): Promise<Answer>;
  /** @returns the id of the proposal */
  proposed(event: EventId, client?: ApiClient): Promise<ErasureId>;
  decide(client: ApiClient, id: ErasureId, verb: 'approval' | 'refusal', body?: unknown): Promise<Answer>;
  /** Proposed by the administrator, approved by the approver. */
  erased(event: EventId): Promise<ErasureView>;
  isWhole(event: EventId): Promise<boolean>;
  /** Kinds of an exhibit's events in their order, erased or not. */
  kindsOf(exhibit: SampleExhibit): Promise<string[]>;
}

export function erasingInTest(createApi: () => Promise<ListeningApi>): ErasingInTest {
  const sharing = sharingInTest(createApi);
  const given = sharing as unknown as { -readonly [Key in keyof ErasingInTest]: ErasingInTest[Key] };
  given.offered = sharing.propose.bind(sharing);
  given.become = (officer, roles) =>
    given.world.query(`UPDATE amana.officer SET roles = $2 WHERE id = $1`, [officer.id, roles]);
  beforeAll(async () => {
    const { tripoli } = given.world.directory;
    await given.become(tripoli.colleague, ['agency-admin']);
    given.administrator = await given.api.as(tripoli.colleague);
    given.holder = await given.api.as(tripoli.prosecutor);
  });
  given.eventOf = async (exhibit, kind) => {
    const [behind] = await given.world.query<{ is: boolean }>(
      `SELECT (SELECT count(*) FROM amana.custody_event) > (SELECT coalesce(max(size), 0) FROM amana.log_checkpoint) AS is`,
    );
    if (behind?.is) await publishLog(given.world);
    const [row] = await given.world.query<{ id: EventId }>(
      `SELECT id FROM amana.custody_event WHERE exhibit_id = $1 AND kind = $2 ORDER BY exhibit_seq DESC LIMIT 1`,
      [exhibit.id, kind],
    );
    if (!row) throw new Error(`the exhibit has no event ${kind}`);
    return row.id;
  };
  given.heldExhibit = async (words = 'a name') => {
    const exhibit = await given.sealedExhibit();
    const path = `/v1/exhibits/${exhibit.id}`;
    for (const verb of ['hold', 'release']) {
      const { status } = await given.holder.change(path, `${path}/${verb}`, { reason: `${verb}: ${words}` });
      if (status !== 200) throw new Error(`${verb} was answered ${status}`);
    }
    return { exhibit, event: await given.eventOf(exhibit, 'exhibit-held') };
  };
  given.propose = (event, client = given.administrator, body = { ground: GROUND }) =>
    client.post(`/v1/events/${event}/erasure`, body);
  given.proposed = async (event, client) => {
    const { status, json } = await given.propose(event, client);
    expect([status, json]).toEqual([201, expect.objectContaining({ state: 'proposed' })]);
    return ErasureView.parse(json).id;
  };
  given.decide = (client, id, verb, body = {}) =>
    client.change(`/v1/erasures/${id}`, `/v1/erasures/${id}/${verb}`, body);
  given.erased = async (event) => {
    const { status, json } = await given.decide(given.approver, await given.proposed(event), 'approval');
    expect([status, json]).toEqual([200, expect.objectContaining({ state: 'erased' })]);
    return ErasureView.parse(json);
  };
  given.isWhole = async (event) => {
    const rows = await given.world.query<{ salt: Buffer | null; body: Buffer | null }>(
      'SELECT salt, body FROM amana.custody_event WHERE id = $1',
      [event],
    );
    return rows.every(({ salt, body }) => salt !== null && body !== null);
  };
  given.kindsOf = async (exhibit) => {
    const rows = await given.world.query<{ kind: string }>(
      'SELECT kind FROM amana.custody_event WHERE exhibit_id = $1 ORDER BY exhibit_seq',
      [exhibit.id],
    );
    return rows.map(({ kind }) => kind);
  };
  return given;
}
