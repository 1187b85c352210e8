import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ExhibitId } from '#domain/evidence';
import { imprintOf, readTimestamp, verifyArchiveChain, verifyTimestamp } from '#domain/time';
import { TestLog } from '../../../test/support/custody.js';
import { TestAuthority } from '../../../test/support/timestamp-authority.js';
import { TimestampServer } from '../../../test/support/timestamp-server.js';
import { HttpTimestampAuthority, LogTimestamps, ManifestTimestamps, RenewTimestamps, TsaError } from './index.js';

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Math.floor(Date.now() / 1000) * 1000 + days * DAY_MS);
const span = (days: number) => ({ notBefore: inDays(-1), notAfter: inDays(days) });
let log: TestLog;
let server: TimestampServer;
let short: TestAuthority;
let long: TestAuthority;
let authority: HttpTimestampAuthority;
let origin: string;
let heads: LogTimestamps;
let manifests: ManifestTimestamps;
let renewals: RenewTimestamps;

beforeAll(async () => {
  log = await TestLog.open();
  origin = log.key.verifier.name;
  short = await TestAuthority.make(span(10), span(10));
  long = await TestAuthority.make(span(1000), span(1000));
  server = await TimestampServer.start(short);
  const roots = [short.root.der, long.root.der];
  authority = new HttpTimestampAuthority({ url: server.url, roots, firstDelayMs: 1 });
  heads = new LogTimestamps(log.worker.database);
  manifests = new ManifestTimestamps(log.worker.database);
  renewals = new RenewTimestamps(log.worker.database);
});
afterAll(async () => {
  server.close();
  await log.close();
});
beforeEach(async () => {
  server.instead = null;
  server.authority = short;
  for (const table of ['log_timestamp', 'manifest_timestamp', 'manifest_unstamped']) {
    await log.superuser.source.query(`DELETE FROM amana.${table}`);
  }
});

const noteOf = (size: number) =>
  new TextEncoder().encode(`${origin}\n${size}\n${'A'.repeat(43)}=\n\n— ${origin} ${'A'.repeat(92)}\n`);

describe('the time of a head', () => {
  it('is attested over the exact bytes, once, and read by size', async () => {
    const note = noteOf(7);
    expect(await heads.stampCheckpoint(note, authority)).toBe(true);
    expect(await heads.stampCheckpoint(note, authority)).toBe(false);
    const stamped = await new LogTimestamps(log.api.database).latest(origin);
    expect(stamped).toMatchObject({ size: 7, evidenceRecord: null, tsa: 'CN=signer' });
    expect(Buffer.from(stamped!.note)).toEqual(Buffer.from(note));
    await verifyTimestamp(stamped!.token, { bytes: note, roots: [short.root.der] });
    await heads.stampCheckpoint(noteOf(20), authority);
    expect((await heads.covering(origin, 8))?.size).toBe(20);
    expect((await heads.covering(origin, 7))?.size).toBe(7);
    expect(await heads.covering(origin, 21)).toBeNull();
    expect(await heads.isDue(origin, 60)).toBe(false);
    expect(await heads.isDue('another', 60)).toBe(true);
  });

  it('is kept once when two workers stamp at once', async () => {
    const kept = await Promise.all([1, 2].map(() => heads.stampCheckpoint(noteOf(9), authority)));
    expect(kept.filter(Boolean)).toHaveLength(1);
  });

  it('is not kept when the authority is away, or is not the pinned one', async () => {
    server.instead = () => 'cut';
    await expect(heads.stampCheckpoint(noteOf(7), authority)).rejects.toMatchObject({ code: 'unreachable' });
    server.instead = null;
    server.authority = await TestAuthority.make(span(10), span(10));
    await expect(heads.stampCheckpoint(noteOf(7), authority)).rejects.toMatchObject({ code: 'untrusted', alarm: true });
    expect(await heads.latest(origin)).toBeNull();
  });

  it('cannot be written by the API, nor rewritten by the worker', async () => {
    await heads.stampCheckpoint(noteOf(7), authority);
    for (const [role, sql] of [
      [
        log.api,
        `INSERT INTO amana.log_timestamp SELECT 'x', size, note, token, gen_time, tsa FROM amana.log_timestamp`,
      ],
      [log.worker, `UPDATE amana.log_timestamp SET token = 'x'`],
      [log.worker, `DELETE FROM amana.log_timestamp`],
    ] as const) {
      await expect(role.source.query(sql)).rejects.toThrow('permission denied');
    }
  });
});

/** An exhibit of its own, sealed by the worker as it is: the trigger is what is under test. */
async function sealedExhibit(manifestSha256: Uint8Array): Promise<ExhibitId> {
  const [agency, officer, caseId, exhibit] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const { source } = log.superuser;
  await source.query(
    `INSERT INTO amana.agency (id, state, name, kind, contact) VALUES ($1::uuid, 'AE', $1::text, 'border', 'x')`,
    [agency],
  );
  await source.query(
    `INSERT INTO amana.officer (id, agency_id, issuer, subject, email, name, roles) VALUES ($1::uuid, $2, 'x', $1::text, $1::text, 'x', '{}')`,
    [officer, agency],
  );
  await source.query(`INSERT INTO amana.case_file (id, agency_id, number, opened_by) VALUES ($1, $2, '1', $3)`, [
    caseId,
    agency,
    officer,
  ]);
  await source.query(
    `INSERT INTO amana.exhibit (id, case_id, agency_id, officer_id, number, state, facts, registration_sha256, manifest_sha256, file_count,
       sealed_size_bytes) VALUES ($1, $2, $3, $4, '1', 'stored', '{}', '', $5, 1, 1)`,
    [exhibit, caseId, agency, officer, Buffer.from(manifestSha256)],
  );
  await log.worker.source.query(`UPDATE amana.exhibit SET state = 'sealed', sealed_at = now() WHERE id = $1`, [
    exhibit,
  ]);
  return exhibit as ExhibitId;
}

describe('the time of a manifest', () => {
  const payload = new TextEncoder().encode('{"manifest":1}');
  const { digest } = imprintOf(payload);

  it('waits from the seal on, and is attested over the payload', async () => {
    const exhibitId = await sealedExhibit(digest);
    const [waiting] = await manifests.waiting(10);
    expect(waiting).toEqual({ exhibitId, sha256: Buffer.from(digest) });
    server.instead = () => 'cut';
    await expect(manifests.stampManifest(waiting!, authority)).rejects.toThrow(TsaError);
    expect(await manifests.waiting(10)).toHaveLength(1);
    server.instead = null;
    await manifests.stampManifest(waiting!, authority);
    await manifests.stampManifest(waiting!, authority);
    expect(await manifests.waiting(10)).toEqual([]);
    const [row] = await log.worker.database.query<{ token: Buffer }>('SELECT token FROM amana.manifest_timestamp');
    await verifyTimestamp(row!.token, { bytes: payload, roots: [short.root.der] });
  });

  it('is seen by who may see the exhibit, and by nobody else', async () => {
    const exhibitId = await sealedExhibit(digest);
    await manifests.stampManifest((await manifests.waiting(1))[0]!, authority);
    const asOfficerOf = (agencyId: string) =>
      log.api.database.asOfficer({ agencyId, officerId: agencyId, roles: [], state: 'AE' } as never, (tx) =>
        manifests.of(tx, exhibitId),
      );
    const [holder] = await log.asAdministrator<{ agency_id: string }>(
      'SELECT agency_id FROM amana.exhibit WHERE id = $1',
      [exhibitId],
    );
    expect(await asOfficerOf(holder!.agency_id)).toMatchObject({ tsa: 'CN=signer', evidenceRecord: null });
    expect(await asOfficerOf(randomUUID())).toBeNull();
    await expect(log.api.database.query('SELECT FROM amana.manifest_unstamped')).rejects.toThrow('permission denied');
  });
});

describe('renewal', () => {
  it('renews what is about to end with one token, and leaves what is not', async () => {
    const notes = [3, 5, 7].map(noteOf);
    for (const note of notes) await heads.stampCheckpoint(note, authority);
    await sealedExhibit(imprintOf(notes[0]!).digest);
    await manifests.stampManifest((await manifests.waiting(1))[0]!, authority);
    const before = server.asked;
    expect(await renewals.renewBatch(authority, new Date(), inDays(5))).toBe(0);
    expect(server.asked).toBe(before);

    server.authority = long;
    expect(await renewals.renewBatch(authority, new Date(), inDays(90))).toBe(3);
    expect(await renewals.renewBatch(authority, new Date(), inDays(90))).toBe(1);
    expect(await renewals.renewBatch(authority, new Date(), inDays(90))).toBe(0);
    expect(server.asked).toBe(before + 2);

    const roots = [short.root.der, long.root.der];
    for (const note of notes) {
      const size = Number(new TextDecoder().decode(note).split('\n')[1]);
      const head = await heads.covering(origin, size);
      const verified = await verifyArchiveChain(head!.evidenceRecord!, note, { roots, at: inDays(500) });
      expect(verified.genTime).toEqual(readTimestamp(head!.token).genTime);
    }
  });

  it('does not use up an authority whose own certificate ends as soon', async () => {
    await heads.stampCheckpoint(noteOf(3), authority);
    await expect(renewals.renewBatch(authority, new Date(), inDays(90))).rejects.toMatchObject({
      code: 'renewed-too-late',
    });
    expect((await heads.latest(origin))?.evidenceRecord).toBeNull();
  });

  it('counts what ended without it, and does not renew that any more', async () => {
    await heads.stampCheckpoint(noteOf(3), authority);
    server.authority = long;
    expect(await renewals.ended(inDays(5))).toBe(0);
    expect(await renewals.ended(inDays(11))).toBe(1);
    expect(await renewals.renewBatch(authority, inDays(11), inDays(90))).toBe(0);
  });

  it('is not held up by a record that somebody spoilt', async () => {
    for (const size of [3, 5]) await heads.stampCheckpoint(noteOf(size), authority);
    await log.superuser.source.query(`UPDATE amana.log_timestamp SET evidence_record = 'x' WHERE size = 3`);
    server.authority = long;
    expect(await renewals.renewBatch(authority, new Date(), inDays(90))).toBe(1);
  });
});
