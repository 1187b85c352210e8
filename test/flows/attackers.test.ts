// Attackers 1 to 6 and 21 of the threat model, with the database superuser and, where it says so, the log's key in hand.
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { entryOf } from '#domain/custody';
import {
  type Checkpoint,
  formatCheckpoint,
  leafHash,
  openNote,
  parseCheckpoint,
  parseConflict,
  parseLogPolicy,
  parseSigningKey,
  RightEdge,
  signNote,
  verifyCheckpoint,
  verifyConflict,
  formatVerifierKey,
} from '#domain/merkle';
import { FileHeadStore } from '#server/custody';
import { runCommand } from '../../scripts/platform/command.js';
import { builtProgram } from '../../scripts/services/checkout.js';
import { Backup } from '../support/backup.js';
import { ChainWorld } from '../support/chain-world.js';
import { until } from '../support/chain-files.js';
import { freshDatabase } from '../support/database.js';
import { ReferenceTree } from '../support/reference-tree.js';
import { serviceUrl } from '../support/services.js';
import { addCheckpointBody } from '../support/test-log.js';
import { type RunningWitness, WitnessFolder } from '../support/witness-process.js';

/** What an attacker changes, and has to be put back before the next one. */
const TABLES = ['custody_event', 'log_entry', 'log_pending', 'log_state', 'log_checkpoint', 'log_cosignature'];

let superuserUrl = '';
const world = ChainWorld.use(async () => {
  const server = await serviceUrl('postgres');
  // The cluster's roles are made by the owner that all tests share, who could not grant what a superuser made.
  await (await freshDatabase()).drop();
  const name = `attacked_${randomUUID().replaceAll('-', '')}`;
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  superuserUrl = url.href;
  return { options: { ownerUrl: superuserUrl }, stop: () => Promise.resolve() };
});

/** An auditor looks at the queue, which is an event. */
const look = () => world.omar.must(['audit', 'queue']);

const witnesses: RunningWitness[] = [];
let withWitnesses: Record<string, string> = {};
beforeAll(async () => {
  const { logVerifierKey } = world.platform;
  for (const name of ['north.example', 'south.example']) {
    const folder = new WitnessFolder(join(world.folder, name), name);
    await folder.prepare([], { logs: [{ vkey: logVerifierKey }] });
    witnesses.push(await folder.start());
  }
  const lines = witnesses.map(({ key, url }) => `${formatVerifierKey(key)} ${url}`);
  withWitnesses = { AMANA_WITNESSES: lines.join(',') };
  await world.platform.restart('worker', withWitnesses);
  const file = join(world.folder, 'evidence.txt');
  writeFileSync(file, 'a photograph');
  await world.upload(file);
  await untilWitnessed();
  await world.amal.must(['log', 'checkpoint']);
}, 180_000);
afterAll(async () => {
  for (const { process } of witnesses) await process.stop();
});

async function sql<Row extends object>(text: string, parameters: unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    // No trigger, no foreign key, no wall binds who does this.
    await client.query(`SET session_replication_role = 'replica'`);
    return (await client.query<Row>(text, parameters)).rows;
  } finally {
    await client.end();
  }
}

const sizes = async () => {
  const [row] = await sql<{ committed: string; waiting: string; published: string; witnessed: string }>(
    `SELECT (SELECT size FROM amana.log_state) AS committed, (SELECT count(*) FROM amana.log_pending) AS waiting,
       (SELECT coalesce(max(size), 0) FROM amana.log_checkpoint) AS published, (SELECT size FROM amana.log_witnessed) AS witnessed`,
  );
  return Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, Number(value)])) as Record<
    'committed' | 'waiting' | 'published' | 'witnessed',
    number
  >;
};
const untilWitnessed = () =>
  until(async () => {
    const { committed, waiting, published, witnessed } = await sizes();
    return waiting === 0 && published === committed && witnessed === published;
  });

/** The log's leaves, as the database has them now. */
async function leaves(): Promise<Uint8Array[]> {
  const rows = await sql<{ commitment: Buffer }>('SELECT commitment FROM amana.log_entry ORDER BY log_index');
  return rows.map(({ commitment }) => leafHash(entryOf(commitment)));
}

/** Makes the database's own state that of these leaves, as an attacker who knows how it works would. */
async function setState(of: readonly Uint8Array[]): Promise<Checkpoint> {
  const edge = new RightEdge(0, []);
  for (const leaf of of) edge.append(leaf);
  await sql('UPDATE amana.log_state SET size = $1, edge = $2, root = $3', [
    edge.size,
    edge.hashes.map((hash) => Buffer.from(hash)),
    Buffer.from(edge.root()),
  ]);
  return { origin: world.platform.logOrigin, size: edge.size, root: edge.root() };
}

/** With the stolen key: the head, signed. */
/** With every key that the log signs with: all of them are stolen. */
const forge = (head: Checkpoint) => {
  const { logKey, logMlDsaKey } = world.platform.secrets;
  return signNote(
    formatCheckpoint(head),
    [logKey, ...(logMlDsaKey === null ? [] : [logMlDsaKey])].map(parseSigningKey),
  );
};

/** Runs an attack with no worker in its way, and puts everything back afterwards. */
async function attacked(attack: () => Promise<void>): Promise<void> {
  const { folder, processes } = world.platform;
  await processes.worker.stop();
  const saved = join(world.folder, 'saved');
  for (const part of ['store', 'head']) cpSync(join(folder, part), join(saved, part), { recursive: true });
  await sql('CREATE SCHEMA saved');
  for (const table of TABLES) await sql(`CREATE TABLE saved.${table} AS TABLE amana.${table}`);
  try {
    await attack();
  } finally {
    await world.platform.processes.worker.stop();
    for (const table of TABLES) {
      const override = table === 'log_pending' ? 'OVERRIDING SYSTEM VALUE' : '';
      await sql(`DELETE FROM amana.${table}`);
      await sql(`INSERT INTO amana.${table} ${override} SELECT * FROM saved.${table}`);
    }
    await sql('DROP SCHEMA saved CASCADE');
    for (const part of ['store', 'head']) {
      rmSync(join(folder, part), { recursive: true });
      cpSync(join(saved, part), join(folder, part), { recursive: true });
    }
    rmSync(saved, { recursive: true });
    await world.platform.restart('worker', withWitnesses);
    await untilWitnessed();
    await world.amal.must(['log', 'checkpoint']);
  }
}

/** What a worker says that does not start, or starts and ends. */
async function refusal(): Promise<string> {
  const file = join(world.platform.folder, 'logs', 'worker.log');
  const before = existsSync(file) ? statSync(file).size : 0;
  await world.platform.restart('worker', withWitnesses).then(
    () => world.platform.processes.worker.ended,
    () => undefined,
  );
  return readFileSync(file).subarray(before).toString();
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('an attacker with the database in hand', () => {
  it('21 drops an event after the answer, before it is in the tree: the promise goes unkept, and says so', async () => {
    await world.omar.must(['log', 'promises']);
    await world.platform.processes.worker.stop();
    await look();
    const dropped = await sql<{ event_id: string }>('DELETE FROM amana.log_pending RETURNING event_id');
    expect(dropped.length).toBeGreaterThan(0);
    const [event] = await sql<{ commitment: Buffer }>('SELECT commitment FROM amana.custody_event WHERE id = $1', [
      dropped[0]!.event_id,
    ]);
    await world.platform.restart('worker', withWitnesses);
    const found = await world.omar.run(['log', 'promises', '--json']);
    expect(found.code).toBe(4);
    const { unkept } = JSON.parse(found.stdout) as { unkept: { commitment: string; note: string }[] };
    expect(unkept.map(({ commitment }) => commitment)).toContain(event!.commitment.toString('base64'));
    expect(found.stderr).toContain('has not kept its promise');
    // Found again until it is in the log.
    expect((await world.omar.run(['log', 'promises'])).code).toBe(4);
    for (const { event_id } of dropped) await sql('INSERT INTO amana.log_pending (event_id) VALUES ($1)', [event_id]);
    await untilWitnessed();
    await world.omar.must(['log', 'promises']);
  }, 240_000);

  it('1 edits an event: every check names its index', async () => {
    await attacked(async () => {
      const [row] = await sql<{ log_index: string }>(
        `UPDATE amana.custody_event e SET body = convert_to(replace(convert_from(body, 'UTF8'), '"done"', '"none"'), 'UTF8')
         FROM amana.log_entry l WHERE l.event_id = e.id AND e.kind = 'exhibit-registered' RETURNING l.log_index`,
      );
      const own = await world.amal.run(['log', 'fsck', '--json']);
      expect([own.code, own.stderr]).toEqual([4, expect.stringContaining(`is broken at ${row!.log_index} (event)`)]);
      const fsck = await runCommand(process.execPath, [builtProgram('apps', 'worker', 'fsck.js')], workerEnvironment());
      expect(fsck.code).toBe(4);
      expect(JSON.parse(fsck.stdout)).toMatchObject({ faults: [{ part: 'event', index: Number(row!.log_index) }] });
    });
  }, 240_000);

  it('2 deletes the tail, signs the rest with the stolen key: the worker refuses it, and so does who held a head', async () => {
    await attacked(async () => {
      const all = await leaves();
      const cut = all.slice(0, -3);
      await sql('DELETE FROM amana.log_cosignature');
      await sql('DELETE FROM amana.log_checkpoint WHERE size > $1', [cut.length]);
      await sql(
        'DELETE FROM amana.custody_event WHERE id IN (SELECT event_id FROM amana.log_entry WHERE log_index >= $1)',
        [cut.length],
      );
      await sql('DELETE FROM amana.log_entry WHERE log_index >= $1', [cut.length]);
      await sql('DELETE FROM amana.log_pending');
      const head = await setState(cut);
      await sql('DELETE FROM amana.log_checkpoint WHERE size = $1', [head.size]);
      await sql('INSERT INTO amana.log_checkpoint (size, note) VALUES ($1, $2)', [
        head.size,
        Buffer.from(forge(head)).toString(),
      ]);
      const client = await world.amal.run(['log', 'checkpoint']);
      expect([client.code, client.stderr]).toEqual([
        4,
        expect.stringMatching(
          new RegExp(`did not grow out of the head over \\d+ entries .* it has ${head.size} entries`),
        ),
      ]);
      const said = await refusal();
      expect(said).toContain('rolled-back: the database has');
      expect(said).toContain(`${head.size} entries, root ${hex(head.root)}`);
      expect(said).toMatch(/the head store holds a signed head over \d+ entries, root [0-9a-f]{64}/);
    });
  }, 240_000);

  it('3 rebuilds the whole chain, the tiles and the head store, with the stolen key: the witnesses contradict it', async () => {
    await attacked(async () => {
      const { folder, logOrigin } = world.platform;
      const honest = await leaves();
      await sql(`UPDATE amana.log_entry SET commitment = sha256('another history') WHERE log_index = 2`);
      await sql(
        `UPDATE amana.custody_event SET commitment = sha256('another history') WHERE id = (SELECT event_id FROM amana.log_entry WHERE log_index = 2)`,
      );
      const head = await setState(await leaves());
      const note = forge(head);
      await sql('DELETE FROM amana.log_cosignature');
      await sql('DELETE FROM amana.log_checkpoint');
      await sql('INSERT INTO amana.log_checkpoint (size, note) VALUES ($1, $2)', [
        head.size,
        Buffer.from(note).toString(),
      ]);
      rmSync(join(folder, 'store', 'objects', 'log'), { recursive: true, force: true });
      rmSync(join(folder, 'head'), { recursive: true });
      await new FileHeadStore(join(folder, 'head')).replace(logOrigin, null, note);
      const said = await refusal();
      expect(said).toContain('diverged');
      expect(said).toContain(`${head.size} entries, root ${hex(head.root)}`);
      expect(said).toMatch(/witness (north|south)\.example holds a signed head over/);
      expect(said).toContain(hex(new ReferenceTree(honest).root(honest.length)));
      const client = await world.amal.run(['log', 'checkpoint']);
      expect([client.code, client.stderr]).toEqual([4, expect.stringContaining('did not grow out of the head over')]);
    });
  }, 240_000);

  it('4 restores a backup over newer data: the worker refuses, naming both heads, until the log is replayed', async () => {
    await world.platform.processes.worker.stop();
    const backup = await Backup.of(superuserUrl);
    await world.platform.restart('worker', withWitnesses);
    await look();
    await untilWitnessed();
    await world.amal.must(['log', 'checkpoint']);
    const newer = await sizes();
    await world.platform.processes.worker.stop();
    await backup.restore();
    const older = await sizes();
    expect(older.committed).toBeLessThan(newer.published);
    const said = await refusal();
    expect(said).toMatch(new RegExp(`rolled-back: the database has ${older.committed} entries, root [0-9a-f]{64}`));
    expect(said).toMatch(new RegExp(`signed head over ${newer.published} entries, root [0-9a-f]{64}`));
    const replay = await recover(['replay']);
    expect([replay.code, replay.stderr]).toEqual([0, '']);
    await world.platform.restart('worker', withWitnesses);
    await untilWitnessed();
    await world.amal.must(['log', 'checkpoint']);
  }, 240_000);
});

describe('an attacker with the key of the log in hand', () => {
  it('6 signs a fork: it gets no quorum, no witness cosigns it', async () => {
    const { logVerifierKey } = world.platform;
    const honest = await leaves();
    const forked = new ReferenceTree([
      ...honest.slice(0, -1),
      leafHash(new Uint8Array([1])),
      leafHash(new Uint8Array([2])),
    ]);
    const size = honest.length + 1;
    const note = forge({ origin: world.platform.logOrigin, size, root: forked.root(size) });
    const policy = [
      `log ${logVerifierKey}`,
      ...witnesses.map(({ key }, at) => `witness w${at} ${formatVerifierKey(key)}`),
      'group both all w0 w1',
      'quorum both',
    ];
    const pinned = parseLogPolicy(Buffer.from(`${policy.join('\n')}\n`));
    expect(() => verifyCheckpoint(note, pinned)).toThrow(expect.objectContaining({ code: 'quorum-not-met' }));
    for (const witness of witnesses) {
      const body = addCheckpointBody(honest.length, forked.consistencyProof(honest.length, size), note);
      expect((await witness.post(body)).status).toBe(422);
    }
    const served = await fetch(`${world.platform.apiUrl}/log/checkpoint/witnessed`);
    expect(verifyCheckpoint(new Uint8Array(await served.arrayBuffer()), pinned).cosignatures.length).toBe(2);
  }, 120_000);

  it('5 shows two states two histories: one of them refuses, and the two heads are proof to anyone', async () => {
    const { logOrigin, logVerifierKey } = world.platform;
    await untilWitnessed();
    await world.platform.processes.worker.stop();
    const honest = await leaves();
    // For the south alone, a history that goes on otherwise; and on the platform, the true one.
    const size = honest.length + 1;
    const other = new ReferenceTree([...honest, leafHash(new Uint8Array([1]))]);
    const fork = { origin: logOrigin, size, root: other.root(size) };
    const [north, south] = witnesses as [RunningWitness, RunningWitness];
    const shown = await south.post(
      addCheckpointBody(honest.length, other.consistencyProof(honest.length, size), forge(fork)),
    );
    expect(shown.status).toBe(200);
    const [pending] = await sql<{ count: string }>('SELECT count(*) FROM amana.log_pending');
    expect(pending?.count).toBe('0');
    await look();
    const said = await refusal();
    expect(said).toMatch(/rolled-back|diverged/);
    expect(said).toContain('witness south.example');
    expect(said).toContain(`${size} entries, root ${hex(fork.root)}`);
    // A true head of that size, shown to the south, is refused; what it keeps of it proves the fork to who trusts neither.
    const truth = new ReferenceTree([...honest, leafHash(new Uint8Array([2]))]);
    const true_ = forge({ origin: logOrigin, size, root: truth.root(size) });
    expect(
      (await south.post(addCheckpointBody(honest.length, truth.consistencyProof(honest.length, size), true_))).status,
    ).toBe(409);
    expect((await south.post(addCheckpointBody(size, [], true_))).status).toBe(409);
    const { conflicts } = await south.json<{ conflicts: { id: string; kind: string }[] }>('/conflicts');
    const { id } = conflicts.find(({ kind }) => kind === 'fork')!;
    const evidence = await (await fetch(`${south.url}/conflicts/${id}/evidence`)).arrayBuffer();
    const [log] = parseLogPolicy(Buffer.from(`log ${logVerifierKey}\nquorum none\n`)).logs;
    const proven = verifyConflict(parseConflict(new Uint8Array(evidence)), [log!.key]);
    expect([proven.older.checkpoint.size, proven.newer.checkpoint.size]).toEqual([size, size]);
    const held = parseCheckpoint(
      openNote(Buffer.from(await (await fetch(`${north.url}/checkpoint/${await originHash(logOrigin)}`)).text()), [
        log!.key,
      ]).text,
    );
    expect(held.size).toBe(honest.length);
  }, 240_000);

  it('6 loses it: the log goes on under another, which the record says', async () => {
    const keyFile = join(world.folder, 'new.key');
    const origin = `${world.platform.logOrigin}-next`;
    const retire = await recover(['retire', '--new-origin', origin, '--key-file', keyFile]);
    expect([retire.code, retire.stderr]).toEqual([0, '']);
    const [event] = await sql<{ body: Buffer }>(`SELECT body FROM amana.custody_event WHERE kind = 'log-succeeded'`);
    expect(JSON.parse(event!.body.toString())).toMatchObject({
      detail: { predecessor: world.platform.logOrigin, origin },
    });
  }, 120_000);
});

async function originHash(origin: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', Buffer.from(origin))));
}

function workerEnvironment(): Record<string, string> {
  const { database, store, issuer, publicUrl, logOrigin, logVerifierKey, secrets, folder } = world.platform;
  return {
    PATH: process.env.PATH ?? '',
    AMANA_DATABASE_URL: database.workerUrl,
    AMANA_DATABASE_OWNER_URL: superuserUrl,
    AMANA_STORE: store,
    AMANA_ISSUER: issuer,
    AMANA_PUBLIC_URL: publicUrl,
    AMANA_LOG_ORIGIN: logOrigin,
    AMANA_LOG_KEY: secrets.logKey,
    AMANA_LOG_VERIFIER_KEY: logVerifierKey,
    AMANA_HEAD_STORE: pathToFileURL(join(folder, 'head')).href,
  };
}

const recover = (args: readonly string[]) =>
  runCommand(process.execPath, [builtProgram('apps', 'worker', 'recover.js'), ...args], workerEnvironment());
