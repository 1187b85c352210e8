import { beforeAll } from '@jest/globals';
import { exampleForm, type Instrument } from '#domain/requests';
import type { ListeningApi } from './api.js';
import type { Answer, ApiClient } from './api-client.js';
import { type SharingInTest, sharingInTest } from './sharing-in-test.js';

/** Rome asks Tripoli for evidence. */
export interface RequestsInTest {
  readonly sharing: SharingInTest;
  /** Prosecutor of the agency that asks. */
  readonly asking: ApiClient;
  /** Prosecutor of the agency asked. */
  readonly asked: ApiClient;
  readonly stranger: ApiClient;
  /** What POST /v1/requests takes, by the example of an instrument. */
  draftOf(instrument?: Instrument, changes?: Record<string, unknown>): Record<string, unknown>;
  /** A draft of the agency that asks. @returns its id */
  draft(instrument?: Instrument, changes?: Record<string, unknown>): Promise<string>;
  /** A request brought as far as wanted. @returns its id */
  bring(as: 'submitted' | 'acknowledged' | 'granted', instrument?: Instrument): Promise<string>;
  /** A step of a request, as it is seen now. */
  act(client: ApiClient, id: string, verb: string, body?: unknown): Promise<Answer>;
  /** The same, which must be done. @returns the request */
  must(client: ApiClient, id: string, verb: string, body?: unknown): Promise<Answer['json']>;
  /** Kinds of the events of a request in an agency's register, in their order. */
  kindsIn(agencyId: string, id: string): Promise<string[]>;
}

/** To be called once, at the top of a test file. */
export function requestsInTest(createApi: () => Promise<ListeningApi>): RequestsInTest {
  const given = { sharing: sharingInTest(createApi) } as {
    -readonly [Key in keyof RequestsInTest]: RequestsInTest[Key];
  };
  beforeAll(async () => {
    const { api, world } = given.sharing;
    given.asking = await api.as(world.directory.rome.prosecutor);
    given.asked = await api.as(world.directory.tripoli.prosecutor);
    given.stranger = await api.as(world.directory.stranger.investigator);
  });
  given.draftOf = (instrument = 'mla', changes = {}) => {
    const { tripoli, teamId } = given.sharing.world.directory;
    const team = instrument === 'jit' ? { teamId } : {};
    return { toAgencyId: tripoli.id, form: { ...exampleForm(instrument), ...team, ...changes } };
  };
  given.draft = async (instrument, changes) => {
    const { status, json } = await given.asking.post('/v1/requests', given.draftOf(instrument, changes));
    if (status !== 201) throw new Error(`a draft was answered ${status}: ${JSON.stringify(json)}`);
    return json.id as string;
  };
  given.bring = async (as, instrument) => {
    const id = await given.draft(instrument);
    await given.must(given.asking, id, 'submit');
    if (as !== 'submitted') await given.must(given.asked, id, 'acknowledge');
    if (as === 'granted') await given.must(given.asked, id, 'answer', { outcome: 'granted' });
    return id;
  };
  given.act = (client, id, verb, body = {}) => client.change(`/v1/requests/${id}`, `/v1/requests/${id}/${verb}`, body);
  given.must = async (client, id, verb, body) => {
    const { status, json } = await given.act(client, id, verb, body);
    if (status >= 300) throw new Error(`${verb} was answered ${status}: ${JSON.stringify(json)}`);
    return json;
  };
  given.kindsIn = async (agencyId, id) => {
    const rows = await given.sharing.world.query<{ kind: string }>(
      `SELECT kind FROM amana.custody_event WHERE chain_id = $1 AND convert_from(body, 'UTF8')::jsonb ->> 'requestId' = $2 ORDER BY case_seq`,
      [agencyId, id],
    );
    return rows.map(({ kind }) => kind);
  };
  return given;
}
