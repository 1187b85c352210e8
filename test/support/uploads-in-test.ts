import { afterAll, beforeAll, expect } from '@jest/globals';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { plainSizeBytes } from '#domain/sealing';
import { evidenceKey, type EvidenceStore, storeFrom } from '#server/storage';
import type { ListeningApi } from './api.js';
import { type ApiInTest, apiInTest } from './api-in-test.js';
import { sampleExhibit, type SampleExhibit, type SampleFile, type SampleOptions } from './sample-exhibit.js';

/** A plaintext that seals to two parts and a bit. */
export const THREE_PARTS = plainSizeBytes(2 * PART_SIZE_BYTES + 1000);

export const fileOf = ({ files }: SampleExhibit): SampleFile => files[0]!;

interface FileRow {
  readonly state: string;
  readonly version_id: string;
  readonly upload_ref: string;
  readonly retain_until: Date;
  readonly exhibit_id: never;
}

export interface UploadsInTest {
  readonly world: ApiInTest['world'];
  readonly api: ApiInTest['api'];
  readonly client: ApiInTest['client'];
  readonly investigator: ApiInTest['investigator'];
  /** The API's own store, looked at from beside it. */
  readonly store: EvidenceStore;
  /** An exhibit of the investigator's, announced and not uploaded. */
  readonly registered: (options?: SampleOptions) => Promise<SampleExhibit>;
  /** What the API says of a file's upload. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly uploadOf: (file: SampleFile) => Promise<any>;
  /** The numbers of the parts that it has of it. */
  readonly numbersOf: (file: SampleFile) => Promise<number[]>;
  readonly rowOf: (file: SampleFile) => Promise<FileRow>;
  /** The bytes of the version on the record. */
  readonly storedBytes: (file: SampleFile) => Promise<Buffer>;
}

/** `apiInTest` with what tests of uploads look at. To be called once, at the top of a test file. */
export function uploadsInTest(createApi: () => Promise<ListeningApi>): UploadsInTest {
  const there = apiInTest(createApi);
  let store: EvidenceStore;
  beforeAll(async () => {
    store = await storeFrom(there.world.storeUrl);
  });
  afterAll(() => store.close());
  const uploadOf: UploadsInTest['uploadOf'] = async (file) => (await there.client.get(`/v1/uploads/${file.id}`)).json;
  const rowOf: UploadsInTest['rowOf'] = async (file) => {
    const [row] = await there.world.query<FileRow>(
      `SELECT state, version_id, upload_ref, retain_until, exhibit_id FROM amana.evidence_file WHERE id = $1`,
      [file.id],
    );
    return row!;
  };
  return {
    get world() {
      return there.world;
    },
    get api() {
      return there.api;
    },
    get client() {
      return there.client;
    },
    get investigator() {
      return there.investigator;
    },
    get store() {
      return store;
    },
    async registered(options = {}) {
      const exhibit = await sampleExhibit(there.investigator, options);
      expect((await there.client.post('/v1/exhibits', exhibit.registration)).status).toBe(201);
      return exhibit;
    },
    uploadOf,
    async numbersOf(file) {
      const { received } = (await uploadOf(file)) as { received: { number: number }[] };
      return received.map(({ number }) => number);
    },
    rowOf,
    async storedBytes(file) {
      const { version_id, exhibit_id: exhibitId } = await rowOf(file);
      const chunks: Uint8Array[] = [];
      for await (const chunk of await store.read(evidenceKey({ exhibitId, fileId: file.id }), version_id))
        chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks);
    },
  };
}
