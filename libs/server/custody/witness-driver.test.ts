import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  cosignNote,
  emptyRoot,
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  openNote,
  parseCheckpoint,
  parseNote,
  ProofError,
  signingKey,
  signNote,
  type TreeHead,
  verifyGrowth,
} from '#domain/merkle';
import { TestLog } from '../../../test/support/custody.js';
import { LogMonitor } from './log-monitor.js';
import { LogReader } from './log-reader.js';
import { ProofStandings } from './proof-standing.js';
import type { Fetch } from './witness-client.js';
import { WitnessDriver } from './witness-driver.js';
import { parseWitnesses, putWitness, quorumOf } from './witness-rows.js';

let log: TestLog;
beforeEach(async () => {
  log = await TestLog.open();
});
afterEach(() => log.close());

/** A witness after C2SP tlog-witness, in this process, which a test may make misbehave. */
class Witness {
  readonly key;
  held: TreeHead = { size: 0, root: emptyRoot() };
  note: Uint8Array | null = null;
  requests: { old: number; size: number }[] = [];
  misbehave: ((answer: () => Response, signal: AbortSignal, self: Witness) => Promise<Response> | Response) | null =
    null;

  constructor(
    readonly name: string,
    seed: number,
  ) {
    this.key = signingKey(name, 'cosignature-v1', new Uint8Array(32).fill(seed));
  }

  get address(): string {
    return `${formatVerifierKey(this.key.verifier)} http://${this.name}/`;
  }

  answer(path: string, init: RequestInit): Response {
    if (path.startsWith('/checkpoint/'))
      return this.note ? new Response(Buffer.from(this.note)) : new Response(null, { status: 404 });
    const body = Buffer.from(init.body as Uint8Array).toString();
    const [head = '', ...rest] = body.split('\n\n');
    const [oldLine = '', ...hashes] = head.split('\n');
    const note = Buffer.from(rest.join('\n\n'));
    const { text } = openNote(note, [log.key.verifier]);
    const checkpoint = parseCheckpoint(text);
    const old = Number(oldLine.slice('old '.length));
    this.requests.push({ old, size: checkpoint.size });
    if (old !== this.held.size)
      return new Response(`${this.held.size}\n`, { status: 409, headers: { 'content-type': 'text/x.tlog.size' } });
    try {
      verifyGrowth(
        this.held,
        checkpoint,
        hashes.map((hash) => Buffer.from(hash, 'base64')),
      );
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      return new Response(null, { status: 422 });
    }
    this.held = checkpoint;
    this.note = note;
    const line = formatNote({ text, signatures: [cosignNote(text, this.key, 1_700_000_000)] });
    return new Response(Buffer.from(line).subarray(Buffer.byteLength(text) + 1));
  }
}

function networkOf(witnesses: readonly Witness[]): Fetch {
  return async (url, init) => {
    const { hostname, pathname } = new URL(url);
    const witness = witnesses.find(({ name }) => name === hostname);
    if (!witness) throw new TypeError('no such host');
    const answer = () => witness.answer(pathname, init);
    return witness.misbehave ? witness.misbehave(answer, init.signal!, witness) : answer();
  };
}

const driverFor = (witnesses: readonly Witness[], conflicts: string[] = []) =>
  new WitnessDriver({
    key: log.key.verifier,
    fetch: networkOf(witnesses),
    random: () => 0,
    onConflict: (words) => Promise.resolve(void conflicts.push(words)),
  });

async function seat(...witnesses: Witness[]): Promise<void> {
  for (const address of parseWitnesses(witnesses.map((witness) => witness.address).join(',')))
    await putWitness(log.worker.database, address);
}

/** Runs an office until this holds. */
async function officeUntil(witnesses: readonly Witness[], holds: () => Promise<boolean> | boolean): Promise<void> {
  const stop = new AbortController();
  const running = log.office({ witnesses: driverFor(witnesses) }).run(stop.signal);
  while (!(await holds())) await delay(10);
  stop.abort();
  await running;
}

const cosignaturesOf = async (size: number) => {
  const rows = await log.asAdministrator<{ name: string }>(
    'SELECT name FROM amana.log_cosignature JOIN amana.log_witness USING (verifier_key) WHERE log_cosignature.size = $1 ORDER BY name',
    [size],
  );
  return rows.map(({ name }) => name);
};
const witnessedSize = async () =>
  Number((await log.asAdministrator<{ size: string }>('SELECT size FROM amana.log_witnessed'))[0]?.size);

describe('an office with witnesses', () => {
  it('has each head cosigned, and serves it with the cosignatures, each verified', async () => {
    const witnesses = [new Witness('north.example', 1), new Witness('south.example', 2)];
    await seat(...witnesses);
    await log.appendMany(300);
    await officeUntil(witnesses, async () => (await witnessedSize()) === 300);
    await log.appendMany(300);
    await officeUntil(witnesses, async () => (await witnessedSize()) === 600);
    expect(await cosignaturesOf(600)).toEqual(['north.example', 'south.example']);
    const reader = new LogReader(log.api.database, log.store);
    await log.appendMany(5);
    await log.publish(605);
    expect(await new LogMonitor(log.api.database).standing()).toMatchObject({
      ...{ origin: log.key.verifier.name, size: 605, witnessedSize: 600, quorum: 2 },
      witnesses: witnesses.map(({ name }) => ({ name, size: 600, behind: 5, fault: null, conflict: null })),
    });
    const standings = await log.api.database.asPlatform((tx) => ProofStandings.read(tx));
    const names = witnesses.map(({ name }) => name);
    expect([599, 600, 604, 605, null].map((index) => standings.of(index))).toEqual([
      { state: 'witnessed', witnesses: names },
      { state: 'in-tree', witnesses: [] },
      { state: 'in-tree', witnesses: [] },
      { state: 'pending', witnesses: [] },
      { state: 'pending', witnesses: [] },
    ]);
    await log.asAdministrator('DELETE FROM amana.log_checkpoint WHERE size = 605');
    for (const head of [await reader.latest(), await reader.witnessed()]) {
      const keys = [log.key.verifier, ...witnesses.map(({ key }) => key.verifier)];
      expect(openNote(head!.note, keys).signatures.length).toBe(3);
      expect(parseCheckpoint(parseNote(head!.note).text).size).toBe(600);
    }
  });

  it('has an event covered by one witness, and not witnessed, while the quorum is not made up', async () => {
    const [good, bad] = [new Witness('north.example', 1), new Witness('south.example', 2)];
    bad.misbehave = () => Promise.reject(new TypeError('fetch failed'));
    await seat(good, bad);
    await log.appendMany(5);
    await officeUntil([good, bad], async () => (await cosignaturesOf(5)).length === 1);
    const standings = await log.api.database.asPlatform((tx) => ProofStandings.read(tx));
    expect(standings.of(0)).toEqual({ state: 'in-tree', witnesses: ['north.example'] });
  });

  it('takes up with a witness that holds another head of ours than was remembered', async () => {
    const witness = new Witness('north.example', 1);
    await seat(witness);
    await log.appendMany(10);
    await officeUntil([witness], async () => (await witnessedSize()) === 10);
    await log.asAdministrator('UPDATE amana.log_witness SET size = 0');
    await log.appendMany(10);
    witness.requests = [];
    await officeUntil([witness], async () => (await witnessedSize()) === 20);
    expect(witness.requests.slice(0, 2).map(({ old }) => old)).toEqual([0, 10]);
  });

  it.each<[string, NonNullable<Witness['misbehave']>]>([
    [
      'never answers',
      (_, signal) =>
        new Promise<never>((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('no answer'))),
        ),
    ],
    ['is away', () => Promise.reject(new TypeError('fetch failed'))],
    ['knows no such log', () => new Response(null, { status: 404 })],
    ['answers garbage', () => new Response('garbage')],
    ['answers without end', () => new Response('x'.repeat(100_000))],
    [
      'signs another head',
      (_answer, _signal, { key }) => {
        const text = formatCheckpoint({ origin: log.key.verifier.name, size: 1, root: new Uint8Array(32) });
        const note = formatNote({ text, signatures: [cosignNote(text, key, 1_700_000_000)] });
        return new Response(Buffer.from(note).subarray(Buffer.byteLength(text) + 1));
      },
    ],
    ['signs something else', (answer) => new Response(answer().status === 200 ? '— south.example AAAAAAAA\n' : null)],
    [
      'gives a size that is none',
      () => new Response('-1\n', { status: 409, headers: { 'content-type': 'text/x.tlog.size' } }),
    ],
    [
      'claims to be ahead and shows nothing',
      () => new Response('99999\n', { status: 409, headers: { 'content-type': 'text/x.tlog.size' } }),
    ],
  ])(
    'is delayed neither in publishing nor with the others by one that %s, and keeps nothing of it',
    async (_, misbehave) => {
      const [good, bad] = [new Witness('north.example', 1), new Witness('south.example', 2)];
      bad.misbehave = misbehave;
      await seat(good, bad);
      for (const size of [5, 10, 15]) {
        await log.appendMany(5);
        const stop = new AbortController();
        const running = log.office({ witnesses: driverFor([good, bad]) }).run(stop.signal);
        while (!(await cosignaturesOf(size)).includes('north.example')) await delay(5);
        stop.abort();
        await running;
      }
      const rows = await log.asAdministrator(
        'SELECT FROM amana.log_cosignature JOIN amana.log_witness USING (verifier_key) WHERE name = $1',
        ['south.example'],
      );
      expect(rows).toEqual([]);
      expect(await witnessedSize()).toBe(0);
    },
    60_000,
  );

  it('stops, and puts it on the record, when a witness holds a head of ours over another tree', async () => {
    const witness = new Witness('north.example', 1);
    await seat(witness);
    await log.appendMany(10);
    const fork = { origin: log.key.verifier.name, size: 7, root: new Uint8Array(32).fill(7) };
    witness.held = fork;
    witness.note = signNote(formatCheckpoint(fork), [log.key]);
    const before = log.office({ witnesses: driverFor([witness]) }).run(AbortSignal.timeout(20_000));
    // Nothing was published yet: at the start there is nothing to compare a fork with but its being ahead.
    await expect(before).rejects.toMatchObject({
      code: 'rolled-back',
      message: expect.stringContaining('07'.repeat(32)),
    });
    expect(await log.asAdministrator('SELECT FROM amana.log_checkpoint')).toEqual([]);
    await log.publish(10);
    const after = log.office({ witnesses: driverFor([witness]) }).run(AbortSignal.timeout(20_000));
    await expect(after).rejects.toMatchObject({ code: 'diverged', message: expect.stringContaining('07'.repeat(32)) });
  });

  it('stops when that comes to light while it runs', async () => {
    const witness = new Witness('north.example', 1);
    await seat(witness);
    await log.appendMany(10);
    await officeUntil([witness], async () => (await witnessedSize()) === 10);
    const conflicts: string[] = [];
    const driver = driverFor([witness], conflicts);
    const stop = new AbortController();
    const running = log
      .office({
        witnesses: driver,
        observer: {
          // Somebody with our key has this witness cosign a fork.
          published: () => {
            const fork = { origin: log.key.verifier.name, size: 9000, root: new Uint8Array(32).fill(7) };
            witness.held = fork;
            witness.note = signNote(formatCheckpoint(fork), [log.key]);
          },
        },
      })
      .run(stop.signal);
    await delay(300);
    await log.appendMany(5);
    while (conflicts.length === 0) await delay(10);
    await log.appendMany(5);
    await expect(running).rejects.toMatchObject({ code: 'rolled-back' });
    expect(conflicts[0]).toContain('9000 entries');
    const [row] = await log.asAdministrator<{ conflict: string }>('SELECT conflict FROM amana.log_witness');
    expect(row?.conflict).toContain('9000 entries');
  }, 60_000);

  it('goes on when a witness claims a head that is not under our key', async () => {
    const witness = new Witness('north.example', 1);
    await seat(witness);
    await log.appendMany(10);
    const thief = signingKey(log.key.verifier.name, 'ed25519', new Uint8Array(32).fill(9));
    const fork = { origin: thief.verifier.name, size: 9000, root: new Uint8Array(32).fill(7) };
    witness.held = fork;
    witness.note = signNote(formatCheckpoint(fork), [thief]);
    await officeUntil([witness], async () => {
      const [row] = await log.asAdministrator<{ fault: string | null }>('SELECT fault FROM amana.log_witness');
      return row?.fault?.includes('not under our key') === true;
    });
    await log.appendMany(10);
    await log.publish(20, { witnesses: driverFor([witness]) });
  });
});

describe('a quorum', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 4],
    [7, 5],
    [10, 7],
  ])('of %i witnesses is %i: no two heads that exclude each other can both have it', (witnesses, quorum) => {
    expect(quorumOf(witnesses)).toBe(quorum);
    const faulty = Math.floor((witnesses - 1) / 3);
    expect(2 * quorum - witnesses).toBeGreaterThan(faulty);
    expect(quorumOf(0)).toBe(Infinity);
  });
});

describe('AMANA_WITNESSES', () => {
  const key = formatVerifierKey(new Witness('north.example', 1).key.verifier);
  it.each([
    ['no URL', key],
    ['another protocol', `${key} ftp://north.example`],
    ['a key that is none', 'north.example+00000000+AAAA http://north.example'],
    ["a log's key", `${formatVerifierKey(signingKey('x', 'ed25519', new Uint8Array(32)).verifier)} http://x`],
    ['more', `${key} http://north.example more`],
  ])('is refused with %s', (_, text) => {
    expect(() => parseWitnesses(text)).toThrow(RangeError);
  });

  it('may be empty, and of several', () => {
    expect(parseWitnesses(' ')).toEqual([]);
    expect(parseWitnesses(`${key} http://a, ${key} http://b\n`).map(({ url }) => url)).toEqual([
      'http://a/',
      'http://b/',
    ]);
  });
});
