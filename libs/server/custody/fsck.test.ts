import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { FsckFault } from './fsck-report.js';
import { newCase, newExhibit, statementIn, TestLog } from '../../../test/support/custody.js';

const SIZE = 600;

let log: TestLog;
beforeAll(async () => {
  log = await TestLog.open();
  await log.appendMany(400);
  await log.publish(400);
  await log.appendMany(200);
  await log.publish(SIZE);
});
afterAll(() => log.close());

/** Each test leaves the record as it found it. */
const mend: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of mend.splice(0).reverse()) await step();
});

/** Changes rows as a database administrator can, past every trigger and check, and puts them back after the test. */
async function tamper(table: string, where: string, change: string): Promise<void> {
  const kept = await keep(table, where);
  const [{ columns } = { columns: '' }] = await log.asAdministrator<{ columns: string }>(
    `SELECT string_agg(format('%1$I = k.%1$I', attname), ', ') AS columns FROM pg_attribute
     WHERE attrelid = 'amana.${table}'::regclass AND attnum > 0`,
  );
  await unbound(`UPDATE amana.${table} SET ${change} WHERE ${where}`);
  const key = { custody_event: 'id', log_entry: 'log_index', log_checkpoint: 'size', log_state: 'singleton' }[table];
  mend.push(() => unbound(`UPDATE amana.${table} t SET ${columns} FROM ${kept} k WHERE t.${key} = k.${key}`));
}

let copies = 0;
async function keep(table: string, where: string): Promise<string> {
  const kept = `public.kept_${++copies}`;
  await log.asAdministrator(`CREATE TABLE ${kept} AS SELECT * FROM amana.${table} WHERE ${where}`);
  return kept;
}

async function remove(table: string, where: string): Promise<void> {
  const kept = await keep(table, where);
  await unbound(`DELETE FROM amana.${table} WHERE ${where}`);
  mend.push(() => unbound(`INSERT INTO amana.${table} SELECT * FROM ${kept}`));
}

/** Without triggers and foreign keys. */
async function unbound(sql: string): Promise<void> {
  await log.superuser.source.transaction(async (tx) => {
    await tx.query(`SET LOCAL session_replication_role = replica`);
    await tx.query(sql);
  });
}

/** Flips a bit of an object in the file store, behind the store's back. */
async function flip(key: string, at: number): Promise<void> {
  const folder = join(log.folder, 'objects', key, '@');
  const [name] = await readdir(folder);
  const file = join(folder, name!);
  const bytes = await readFile(file);
  bytes[at]! ^= 0x10;
  await writeFile(file, bytes);
  mend.push(async () => {
    bytes[at]! ^= 0x10;
    await writeFile(file, bytes);
  });
}

const flipped = (column: string, at: number) =>
  `${column} = set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 16)`;
const otherLetter = (place: string) =>
  `note = overlay(note placing CASE substr(note, ${place}, 1) WHEN 'A' THEN 'B' ELSE 'A' END from ${place})`;
const ofEntry = (index: number) => `id = (SELECT event_id FROM amana.log_entry WHERE log_index = ${index})`;

async function faults(): Promise<Pick<FsckFault, 'part' | 'index'>[]> {
  const report = await log.fsck();
  expect(report.ok).toBe(report.faults.length === 0);
  return report.faults.map(({ part, index }) => ({ part, index }));
}

describe('fsck of the whole record', () => {
  it('finds nothing wrong where nothing is', async () => {
    expect(await log.fsck()).toEqual({ ok: true, size: SIZE, erased: 0, faults: [] });
  });

  it.each([
    ['a body', 'custody_event', ofEntry(123), flipped('body', 200), 'event', 123],
    ['a salt', 'custody_event', ofEntry(400), flipped('salt', 31), 'event', 400],
    ['a commitment beside its event', 'custody_event', ofEntry(500), flipped('commitment', 0), 'event', 500],
    ['the commitment of an entry', 'log_entry', 'log_index = 299', flipped('commitment', 9), 'entry', 299],
    [
      'the signature of a checkpoint',
      'log_checkpoint',
      'size = 400',
      otherLetter('length(note) - 9'),
      'checkpoint',
      400,
    ],
    [
      'the root of a checkpoint',
      'log_checkpoint',
      `size = ${SIZE}`,
      otherLetter("position(E'\n600\n' IN note) + 8"),
      'checkpoint',
      SIZE,
    ],
    ['the committed root', 'log_state', 'true', flipped('root', 3), 'state', SIZE],
  ])('names the index when one byte of %s is changed', async (_, table, where, change, part, index) => {
    await tamper(table, where, change);
    const found = await faults();
    expect(found[0]).toEqual({ part, index });
    expect(found.filter((fault) => fault.part !== part && fault.part !== 'chain')).toEqual([]);
  });

  it.each([
    ['a full tile', 'log/tile/0/001', 32 * 17 + 4, { part: 'tile', index: 256 + 17 }],
    ['a partial tile', 'log/tile/0/002.p/88', 32 * 87, { part: 'tile', index: 512 + 87 }],
    ['a tile of level 1', 'log/tile/1/000.p/2', 32, { part: 'tile', index: 256 }],
    ['a full bundle', 'log/tile/entries/000', 50 * 200 + 40, { part: 'bundle', index: 200 }],
    ['a partial bundle', 'log/tile/entries/002.p/88', 30, { part: 'bundle', index: 512 }],
  ])('names the index when one bit of %s is flipped', async (_, key, at, fault) => {
    await flip(key, at);
    expect(await faults()).toEqual([fault]);
  });

  it.each([
    ['kind', `kind = 'exhibit-sealed'`],
    ['at', `at = at + interval '1 hour'`],
    ['chain_id', 'chain_id = gen_random_uuid()'],
    ['exhibit_id', 'exhibit_id = gen_random_uuid()'],
  ])('finds that the column %s says another thing than the event', async (column, change) => {
    await tamper('custody_event', ofEntry(77), change);
    const report = await log.fsck();
    expect(report.faults).toContainEqual({
      part: 'event',
      index: 77,
      detail: expect.stringContaining(`column ${column} `),
    });
  });

  it('finds an event that was deleted with its entry', async () => {
    await remove('log_entry', 'log_index = 300');
    expect(await faults()).toEqual([
      { part: 'entry', index: 300 },
      { part: 'chain', index: null },
    ]);
  });

  it('finds an event that was deleted and its entry kept', async () => {
    const [inside] = await log.asAdministrator<{ log_index: string }>(
      `SELECT log_index FROM amana.log_entry l JOIN amana.custody_event e ON e.id = l.event_id WHERE exhibit_seq = 3 LIMIT 1`,
    );
    const index = Number(inside?.log_index);
    await remove('custody_event', ofEntry(index));
    const found = await faults();
    expect(found).toContainEqual({ part: 'event', index });
    // In the case and in the exhibit, the one after it misses it.
    expect(found.filter((fault) => fault.index !== index).map(({ part }) => part)).toEqual(['chain', 'chain']);
  });

  it('finds an event that was taken out of the queue before it got its index', async () => {
    const [appended] = await log.append(statementIn(newCase()));
    await log.asAdministrator(`DELETE FROM amana.log_pending`);
    mend.push(() => unbound(`DELETE FROM amana.custody_event WHERE id = '${appended!.id}'`));
    expect((await log.fsck()).faults).toEqual([
      { part: 'chain', index: null, detail: expect.stringContaining(appended!.id) },
    ]);
  });

  it('finds two events of a case that changed places in the log', async () => {
    const own = await TestLog.open();
    try {
      const caseId = newCase();
      await own.append(statementIn(caseId), statementIn(caseId));
      await own.asAdministrator(
        `UPDATE amana.log_pending SET position = DEFAULT WHERE event_id =
        (SELECT id FROM amana.custody_event WHERE chain_id = $1 AND case_seq = 1)`,
        [caseId],
      );
      await own.publish(2);
      const report = await own.fsck();
      expect(report.faults.map(({ part, index }) => ({ part, index }))).toEqual([{ part: 'chain', index: 0 }]);
      expect(report.faults[0]?.detail).toContain('before its predecessor');
    } finally {
      await own.close();
    }
  });

  it('finds that more is said to be committed than there is', async () => {
    await tamper('log_state', 'true', 'size = 650');
    expect((await log.fsck()).faults).toEqual([
      { part: 'state', index: 650, detail: expect.stringContaining('there are but 600 entries') },
    ]);
  });

  it('says how far the database is behind what was published', async () => {
    await remove('log_entry', 'log_index >= 590');
    await tamper('log_state', 'true', 'size = 590');
    const found = await faults();
    expect(found).toContainEqual({ part: 'state', index: 590 });
    expect(found).toContainEqual({ part: 'entry', index: 599 });
  });

  it('takes an erased event for what it is, and no other hole', async () => {
    await tamper('custody_event', ofEntry(10), 'salt = NULL, body = NULL');
    expect(await faults()).toEqual([{ part: 'event', index: 10 }]);
    await tamper('custody_event', ofEntry(11), 'salt = NULL');
    expect(await faults()).toEqual([
      { part: 'event', index: 10 },
      { part: 'event', index: 11 },
    ]);
  });

  describe('where an event was erased', () => {
    let own: TestLog;
    let erasure: string;
    beforeAll(async () => {
      own = await TestLog.open();
      const caseId = newCase();
      const [first] = await own.append(statementIn(caseId), statementIn(caseId));
      await own.publish(2);
      const ground = { instrument: 'Act 12', number: '§ 3', reason: 'order 1' };
      const commitment = Buffer.from(first!.commitment).toString('base64');
      const [said] = await own.append(
        statementIn(caseId, { kind: 'event-erased', erasure: { origin: 'log.example', index: 0, commitment, ground } }),
      );
      erasure = said!.id;
      await own.publish(3);
    });
    afterAll(() => own.close());
    const erase = (index: number) =>
      own.asAdministrator(
        `UPDATE amana.custody_event SET salt = NULL, body = NULL, erased_by = $1
         WHERE id = (SELECT event_id FROM amana.log_entry WHERE log_index = $2)`,
        [erasure, index],
      );

    it('tells of an erasure on the record that was not done, or undone out of a backup', async () => {
      expect((await own.fsck()).faults).toEqual([
        { part: 'event', index: 2, detail: expect.stringContaining('and none is') },
      ]);
    });

    it('counts it, and takes no other event for erased by the same', async () => {
      await erase(0);
      expect(await own.fsck()).toEqual({ ok: true, size: 3, erased: 1, faults: [] });
      await erase(1);
      expect(await own.fsck()).toMatchObject({
        erased: 1,
        faults: [{ part: 'event', index: 1, detail: expect.stringContaining('no erasure of it') }],
      });
    });
  });

  it('checks entries that no checkpoint covers yet', async () => {
    const unpublished = await TestLog.open();
    try {
      await unpublished.appendMany(300);
      const stop = new AbortController();
      await unpublished
        .office({
          publishEveryMs: 1e9,
          observer: { sequenced: (_, size) => (size === 300 ? stop.abort() : undefined) },
        })
        .run(stop.signal);
      expect(await unpublished.fsck()).toEqual({ ok: true, size: 300, erased: 0, faults: [] });
      await unpublished.asAdministrator(`UPDATE amana.log_entry SET commitment = sha256('x') WHERE log_index = 7`);
      const found = (await unpublished.fsck()).faults.map(({ part, index }) => ({ part, index }));
      expect(found).toContainEqual({ part: 'event', index: 7 });
      expect(found).toContainEqual({ part: 'state', index: 300 });
    } finally {
      await unpublished.close();
    }
  });

  it('finds nothing wrong in a log that is written meanwhile', async () => {
    const busy = await TestLog.open();
    const stop = new AbortController();
    try {
      const running = busy.office().run(stop.signal);
      const exhibitId = newExhibit();
      const caseId = newCase();
      const reports = [];
      for (let round = 0; round < 5; round++) {
        const writing = (async () => {
          for (let more = 0; more < 20; more++)
            await busy.append(statementIn(caseId, { exhibitId }), statementIn(newCase()));
        })();
        reports.push(await busy.fsck(), await busy.fsck());
        await writing;
      }
      stop.abort();
      await running;
      expect(reports.flatMap(({ faults: found }) => found)).toEqual([]);
    } finally {
      stop.abort();
      await busy.close();
    }
  });
});
