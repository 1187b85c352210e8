import { afterAll, beforeAll } from '@jest/globals';
import { type ListeningApi, openWorld, startApi, type TestApi, type TestWorld } from './api.js';
import type { Answer, ApiClient } from './api-client.js';
import { bringIn, type SampleExhibit, sampleExhibit, type SampleOptions, wrapFileKey } from './sample-exhibit.js';

/** Two agencies that share: who proposes, who approves, who accepts, and who looks on. */
export interface SharingInTest {
  readonly world: TestWorld;
  readonly api: TestApi;
  readonly investigator: ApiClient;
  readonly approver: ApiClient;
  readonly prosecutor: ApiClient;
  readonly auditor: ApiClient;
  /** An exhibit as the worker leaves it once it has checked it. */
  sealedExhibit(options?: SampleOptions): Promise<SampleExhibit>;
  /** The body of a proposal to share exhibits with the other agency. */
  proposal(exhibits: readonly SampleExhibit[], changes?: Record<string, unknown>): Record<string, unknown>;
  /** A grant as proposed. @returns its id */
  propose(exhibits: readonly SampleExhibit[], changes?: Record<string, unknown>): Promise<string>;
  /** A step of a grant, as it is seen now. */
  step(client: ApiClient, id: string, verb: string, body?: unknown): Promise<Answer>;
}

/** Opens a world for the tests of a file, and ends it after them. */
export function sharingInTest(createApi: () => Promise<ListeningApi>): SharingInTest {
  const given = {} as { -readonly [Key in keyof SharingInTest]: SharingInTest[Key] };
  beforeAll(async () => {
    given.world = await openWorld();
    given.api = await startApi(given.world, createApi);
    const { tripoli, rome } = given.world.directory;
    given.investigator = await given.api.as(tripoli.investigator);
    given.approver = await given.api.as(tripoli.approver);
    given.auditor = await given.api.as(tripoli.auditor);
    given.prosecutor = await given.api.as(rome.prosecutor);
  });
  afterAll(async () => {
    await given.api?.stop();
    await given.world?.end();
  });
  given.sealedExhibit = async (options = {}) => {
    const exhibit = await sampleExhibit(given.world.directory.tripoli.investigator, options);
    await bringIn(given.investigator, exhibit);
    await given.world.query(`UPDATE amana.exhibit SET state = 'sealed', sealed_at = now() WHERE id = $1`, [exhibit.id]);
    return exhibit;
  };
  given.proposal = (exhibits, changes = {}) => {
    const { rome, teamId } = given.world.directory;
    return {
      ...{ exhibitIds: exhibits.map(({ id }) => id), teamId, toAgencyId: rome.id },
      ...{ purpose: 'trial of the vessel master', legalBasis: 'JIT agreement, clause 4' },
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      wrappedKeys: exhibits.flatMap(({ files }) =>
        files.map((file) => ({
          fileId: file.id,
          header: Buffer.from(wrapFileKey(file, rome.keys.recipient)).toString('base64'),
        })),
      ),
      ...changes,
    };
  };
  given.propose = async (exhibits, changes) => {
    const { status, json } = await given.investigator.post('/v1/grants', given.proposal(exhibits, changes));
    if (status !== 201) throw new Error(`a proposal was answered ${status}: ${JSON.stringify(json)}`);
    return json.id as string;
  };
  given.step = (client, id, verb, body = {}) => client.change(`/v1/grants/${id}`, `/v1/grants/${id}/${verb}`, body);
  return given;
}
