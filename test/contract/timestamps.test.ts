import { beforeAll, describe, expect, it } from '@jest/globals';
import { readManifest } from '#domain/manifest';
import { formatPemCertificates, newEvidenceRecord, readPemCertificates, verifyTimestamp } from '#domain/time';
import { createApi } from '../../apps/api/api.js';
import { grantTo } from '../support/grants.js';
import { eventsOf } from '../support/records.js';
import { sharingInTest } from '../support/sharing-in-test.js';
import { authorityOf } from '../support/stamped-package.js';
import type { TestAuthority } from '../support/timestamp-authority.js';

let authority: TestAuthority;
beforeAll(async () => {
  authority = await authorityOf();
  // Read by the API that the next lines start.
  process.env.AMANA_TSA_ROOTS = `a root\n${formatPemCertificates([authority.root.der])}`;
});
const given = sharingInTest(createApi);
const NOBODY = '00000000-0000-4000-8000-000000000000';
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** As the worker keeps it. */
async function keepManifest(exhibitId: string, token: Uint8Array, record: Uint8Array | null = null): Promise<void> {
  await given.world.query(
    `INSERT INTO amana.manifest_timestamp (exhibit_id, manifest_sha256, token, evidence_record, gen_time, tsa, valid_until)
     SELECT id, manifest_sha256, $2, $3, '2026-11-20T16:10:00Z', 'CN=signer', '2040-01-01' FROM amana.exhibit WHERE id = $1`,
    [exhibitId, Buffer.from(token), record && Buffer.from(record)],
  );
}

describe('the timestamp of a manifest', () => {
  it('is none while it waits; the roots are there all the same', async () => {
    const { id } = await given.sealedExhibit();
    const { status, json } = await given.investigator.get(`/v1/exhibits/${id}/timestamps`);
    expect([status, json]).toEqual([
      200,
      { exhibitId: id, manifest: null, roots: formatPemCertificates([authority.root.der]) },
    ]);
  });

  it('is handed out as it is kept, and verifies under the roots beside it', async () => {
    const exhibit = await given.sealedExhibit();
    const { payloadBytes: bytes } = readManifest(exhibit.jws);
    const token = await authority.stamp(bytes);
    await keepManifest(exhibit.id, token, newEvidenceRecord(token));
    const { json } = await given.investigator.get(`/v1/exhibits/${exhibit.id}/timestamps`);
    expect(json.manifest).toEqual({
      token: base64(token),
      evidenceRecord: base64(newEvidenceRecord(token)),
      genTime: '2026-11-20T16:10:00.000Z',
      tsa: 'CN=signer',
    });
    await verifyTimestamp(Buffer.from(json.manifest.token, 'base64'), {
      bytes,
      roots: readPemCertificates(json.roots),
    });
  });

  it('is for who may read the exhibit: for others there is nothing', async () => {
    const exhibit = await given.sealedExhibit();
    await keepManifest(exhibit.id, await authority.stamp(new Uint8Array(1)));
    const refused = await given.prosecutor.get(`/v1/exhibits/${exhibit.id}/timestamps`);
    const nothing = await given.prosecutor.get(`/v1/exhibits/${NOBODY}/timestamps`);
    expect([refused.status, refused.json]).toEqual([404, nothing.json]);
  });

  it('is an event when another agency reads it under its grant', async () => {
    const exhibit = await given.sealedExhibit();
    await grantTo(given.world, exhibit, given.world.directory.rome);
    expect((await given.prosecutor.get(`/v1/exhibits/${exhibit.id}/timestamps`)).status).toBe(200);
    const last = (await eventsOf(given.world, exhibit.id)).at(-1);
    expect(last).toMatchObject({ kind: 'exhibit-read', result: 'done', detail: { what: 'timestamps' } });
    await given.investigator.get(`/v1/exhibits/${exhibit.id}/timestamps`);
    expect((await eventsOf(given.world, exhibit.id)).at(-1)).toEqual(last);
  });
});

describe('a stamped head', () => {
  it('is the first over so many entries, for anyone', async () => {
    const origin = given.world.environment.AMANA_LOG_ORIGIN ?? '';
    const path = (size: unknown) => `${given.api.baseUrl}/log/timestamps/${String(size)}`;
    const notes = [7, 20].map((size) => `${origin}\n${size}\n${'A'.repeat(43)}=\n\n— ${origin} ${'A'.repeat(92)}\n`);
    const before = await fetch(path(1));
    expect([before.status, before.headers.get('cache-control')]).toEqual([404, 'no-store']);
    for (const [name, size, note] of [
      [origin, 7, notes[0]],
      [origin, 20, notes[1]],
      ['another.example/log', 8, notes[0]],
    ] as const) {
      await given.world.query(
        `INSERT INTO amana.log_timestamp (origin, size, note, token, gen_time, tsa, valid_until)
         VALUES ($1, $2, $3, $4, '2026-11-20T16:10:00Z', 'CN=signer', '2040-01-01')`,
        [name, size, note, Buffer.from(await authority.stamp(Buffer.from(note!)))],
      );
    }
    for (const [asked, found] of [
      [0, 7],
      [7, 7],
      [8, 20],
    ] as const) {
      const answer = await fetch(path(asked));
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=60');
      const { size, note, timestamp, roots } = (await answer.json()) as {
        size: number;
        note: string;
        timestamp: { token: string };
        roots: string;
      };
      expect([asked, size]).toEqual([asked, found]);
      const checks = { bytes: Buffer.from(note), roots: readPemCertificates(roots) };
      await verifyTimestamp(Buffer.from(timestamp.token, 'base64'), checks);
    }
    expect((await fetch(path(21))).status).toBe(404);
    for (const none of ['x', '-1', '1.5', '1e400', '9007199254740993', '%00'])
      expect([none, (await fetch(path(none))).status]).toEqual([none, 400]);
  });
});
