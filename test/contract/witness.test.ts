import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openNote, parseCheckpoint, parseNote, signNote, signingKey } from '#domain/merkle';
import { temporaryFolder } from '../support/temporary-folder.js';
import { addCheckpointBody, keyNamed, TestLog } from '../support/test-log.js';
import { requireCosigned, WitnessFolder, type RunningWitness } from '../support/witness-process.js';

const stranger = new TestLog('stranger.example/log');
/** A log of its own for each test, so that none has to know what another left. */
const logs = Array.from({ length: 80 }, (_, at) => new TestLog(`custody.example/log/${at}`));
let unused = logs.length;
let log: TestLog;
let witness: RunningWitness;

beforeAll(async () => {
  const folder = new WitnessFolder(join(temporaryFolder('witness'), 'w'), 'witness.example/w1');
  await folder.prepare(logs);
  witness = await folder.start();
});
afterAll(() => witness?.process.stop());
beforeEach(() => {
  log = logs[--unused]!;
});

const impostor = signingKey('x', 'ed25519', new Uint8Array(32).fill(7));
/** The log's name and key id over another's signature. */
const forged = (text: string) =>
  signNote(text, [{ verifier: log.key.verifier, sign: (message) => impostor.sign(message) }]);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
const bytes = (value: string) => new Uint8Array(Buffer.from(value));

describe('a witness cosigns', () => {
  it('the first head, the next one, and so on', async () => {
    await witness.cosign(log, 0, 3);
    await witness.cosign(log, 3, 4);
    await witness.cosign(log, 4, 64);
    expect(await witness.size(log)).toBe(64);
  });

  it('the empty log, and what it grows into', async () => {
    await witness.cosign(log, 0, 0);
    await witness.cosign(log, 0, 0);
    await witness.cosign(log, 0, 5);
  });

  it('the same head again, as of now', async () => {
    await witness.cosign(log, 0, 3);
    const again = await (await witness.post(log.request(3, 3))).text();
    const seconds = requireCosigned(log.checkpoint(3), again, witness.key);
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(60);
    expect(await witness.size(log)).toBe(3);
  });

  it('with one line, in the type of a cosignature, and no other type than text', async () => {
    const response = await witness.post(log.request(0, 3));
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const lines = await response.text();
    const [line, ...more] = parseNote(bytes(`x\n\n${lines}`)).signatures;
    expect(more).toEqual([]);
    expect([line!.name, line!.keyId, line!.bytes.length]).toEqual([witness.key.name, witness.key.id, 8 + 64]);
  });

  it('what others signed too, and keeps no signature that it did not verify', async () => {
    const other = keyNamed('other.example/log');
    const checkpoint = signNote(log.text(3), [other, log.key, log.key]);
    const lines = await (await witness.post(addCheckpointBody(0, [], checkpoint))).text();
    requireCosigned(log.checkpoint(3), lines, witness.key);
    const hash = createHash('sha256').update(log.origin).digest('hex');
    for (const path of [`/checkpoint/${hash}`, `/${hash}/checkpoint`]) {
      const held = new Uint8Array(await (await fetch(`${witness.url}${path}`)).arrayBuffer());
      expect(parseNote(held).signatures.map(({ name }) => name)).toEqual([log.origin, witness.key.name]);
      expect(openNote(held, [log.key.verifier, witness.key]).signatures).toHaveLength(2);
      expect(parseCheckpoint(parseNote(held).text)).toEqual({ origin: log.origin, size: 3, root: log.root(3) });
    }
  });

  it('a checkpoint with extension lines, of which it says nothing', async () => {
    const checkpoint = signNote(`${log.text(3)}an extension\n`, [log.key]);
    const response = await witness.post(addCheckpointBody(0, [], checkpoint));
    expect(response.status).toBe(200);
    requireCosigned(checkpoint, await response.text(), witness.key);
  });
});

describe('a witness refuses', () => {
  // Each log is at size 3 when it is asked.
  const fork = () => log.forkAt(2);
  it.each<[string, number, () => Uint8Array | string]>([
    ['nothing', 400, () => ''],
    ['garbage', 400, () => Buffer.from([0xff, 0x00, 0x0a, 0x0a, 0xfe])],
    ['a checkpoint alone', 400, () => log.checkpoint(4)],
    ['a request without a checkpoint', 400, () => 'old 3\n\n'],
    ['no blank line', 400, () => text(log.request(3, 4)).replace('\n\n', '\n')],
    ['CRLF', 400, () => text(log.request(3, 4)).replaceAll('\n', '\r\n')],
    ['an old size with a leading zero', 400, () => addCheckpointBody('03', log.proof(3, 4), log.checkpoint(4))],
    ['a negative old size', 400, () => addCheckpointBody('-1', log.proof(3, 4), log.checkpoint(4))],
    ['an old size of 2^53', 400, () => addCheckpointBody('9007199254740992', [], log.checkpoint(4))],
    ['an old size in words', 400, () => addCheckpointBody('three', [], log.checkpoint(4))],
    ['a second space', 400, () => addCheckpointBody(' 3', log.proof(3, 4), log.checkpoint(4))],
    ['a proof line that is no base64', 400, () => addCheckpointBody(3, ['?'], log.checkpoint(4))],
    ['a proof line of 31 bytes', 400, () => addCheckpointBody(3, [new Uint8Array(31)], log.checkpoint(4))],
    ['a proof line without padding', 400, () => addCheckpointBody(3, ['A'.repeat(43)], log.checkpoint(4))],
    ['a proof line with loose bits', 400, () => addCheckpointBody(3, [`${'A'.repeat(42)}B=`], log.checkpoint(4))],
    ['64 proof lines', 400, () => addCheckpointBody(3, Array(64).fill(log.root(1)), log.checkpoint(4))],
    ['100 000 proof lines', 400, () => `old 3\n${'A\n'.repeat(100_000)}\n${text(log.checkpoint(4))}`],
    ['a note that does not end', 400, () => log.request(3, 4).slice(0, -1)],
    ['a note that is no UTF-8', 400, () => Buffer.concat([log.request(3, 4), Buffer.from([0xc3, 0x0a])])],
    ['a note without signatures', 400, () => addCheckpointBody(3, log.proof(3, 4), bytes(log.text(4)))],
    ['a note with 1 000 signatures', 400, () => text(log.request(3, 4)).replace(/(— .*\n)/u, '$1'.repeat(1000))],
    ['a signed note that is no checkpoint', 400, () => addCheckpointBody(3, [], signNote('hello\n', [log.key]))],
    ['a root of 31 bytes', 400, () => addCheckpointBody(3, [], signNote(`${log.origin}\n4\nAAAA\n`, [log.key]))],
    ['an old size above the size', 400, () => addCheckpointBody(5, [], log.checkpoint(4))],
    ['a rollback', 400, () => addCheckpointBody(3, [], log.checkpoint(2))],
    ['an unknown log', 404, () => stranger.request(0, 4)],
    ['a known log under another name', 404, () => text(log.request(0, 4)).replaceAll(log.origin, 'x.example')],
    ['a note of another known log', 403, () => addCheckpointBody(3, [], signNote(log.text(4), [logs[0]!.key]))],
    ['a note of an unknown key', 403, () => addCheckpointBody(3, [], signNote(log.text(4), [stranger.key]))],
    ["another's signature in the log's name", 403, () => addCheckpointBody(3, log.proof(3, 4), forged(log.text(4)))],
    [
      'a good signature beside a bad one of the same key',
      403,
      () => {
        const [, bad = ''] = text(forged(log.text(4))).split('\n\n');
        return `${text(log.request(3, 4))}${bad}`;
      },
    ],
    [
      'one bit changed in the root',
      403,
      () => text(log.request(3, 4)).replace(base64(log.root(4)), base64(log.root(5))),
    ],
    ['an old size below what it holds', 409, () => log.request(2, 4)],
    ['an old size above what it holds', 409, () => log.request(4, 5)],
    ['an old size of 0', 409, () => log.request(0, 4)],
    ['an old size of 0 and a rollback', 409, () => log.request(0, 2)],
    ['the same size with another root', 409, () => addCheckpointBody(3, [], fork().checkpoint(3))],
    ['the same size with another root and an old size of 0', 409, () => addCheckpointBody(0, [], fork().checkpoint(3))],
    ['no proof', 422, () => addCheckpointBody(3, [], log.checkpoint(4))],
    ['another proof', 422, () => addCheckpointBody(3, log.proof(2, 4), log.checkpoint(4))],
    ['a hash too many', 422, () => addCheckpointBody(3, [...log.proof(3, 4), log.root(1)], log.checkpoint(4))],
    ['a hash too few', 422, () => addCheckpointBody(3, log.proof(3, 7).slice(0, -1), log.checkpoint(7))],
    ['63 proof lines of nothing', 422, () => addCheckpointBody(3, Array(63).fill(log.root(1)), log.checkpoint(4))],
    ['a proof between equal sizes', 422, () => addCheckpointBody(3, [log.root(1)], log.checkpoint(3))],
    ['a fork with its own proof', 422, () => addCheckpointBody(3, fork().proof(3, 9), fork().checkpoint(9))],
  ])('%s: %i', async (_, status, request) => {
    await witness.cosign(log, 0, 3);
    const before = await held(log);
    const response = await witness.post(request());
    const answer = await response.text();
    expect([response.status, answer]).toEqual([status, expect.not.stringContaining('—')]);
    const type = response.headers.get('content-type');
    if (status !== 409) expect(type).toBe('text/plain; charset=utf-8');
    if (type === 'text/x.tlog.size') expect(answer).toBe('3\n');
    expect(await held(log)).toBe(before);
    await witness.cosign(log, 3, 4);
  });

  it.each<[string, number, () => Uint8Array]>([
    ['a proof from nothing', 422, () => addCheckpointBody(0, [log.root(1)], log.checkpoint(4))],
    ['an empty log with another root', 422, () => addCheckpointBody(0, [], emptyWithRoot(log.root(1)))],
    ['an old size that was never cosigned', 409, () => log.request(3, 4)],
  ])('from the start, %s: %i', async (_, status, request) => {
    expect((await witness.post(request())).status).toBe(status);
    expect(await witness.size(log)).toBe(0);
    await witness.cosign(log, 0, 4);
  });

  it('another size with the size it holds, and another root without: no other try can succeed', async () => {
    await witness.cosign(log, 0, 3);
    const stale = await witness.post(log.request(2, 4));
    expect([stale.headers.get('content-type'), await stale.text()]).toEqual(['text/x.tlog.size', '3\n']);
    const forked = await witness.post(addCheckpointBody(3, [], fork().checkpoint(3)));
    expect([forked.status, forked.headers.get('content-type')]).toEqual([409, 'text/plain; charset=utf-8']);
    expect(await forked.text()).toMatch(/^other-root: /);
  });

  const emptyWithRoot = (root: Uint8Array) => signNote(`${log.origin}\n0\n${base64(root)}\n`, [log.key]);
});

describe('a witness tells', () => {
  it('who it is and what it holds', async () => {
    await witness.cosign(log, 0, 3);
    const overview = await witness.overview();
    expect(overview.name).toBe('witness.example/w1');
    expect(overview.verifierKey).toMatch(/^witness\.example\/w1\+[0-9a-f]{8}\+B/);
    const line = overview.logs.find(({ origin }) => origin === log.origin)!;
    expect(line).toMatchObject({ size: 3, root: base64(log.root(3)) });
    expect(Math.abs(Date.parse(line.cosignedAt!) - Date.now())).toBeLessThan(60_000);
    const fresh = logs[0]!;
    expect(overview.logs.find(({ origin }) => origin === fresh.origin)).toMatchObject({
      ...{ size: 0, root: null, cosignedAt: null },
    });
  });

  it.each([
    ['GET', '/add-checkpoint', 405],
    ['PUT', '/add-checkpoint', 405],
    ['POST', '/', 405],
    ['DELETE', '/conflicts', 405],
    ['GET', '/nothing', 404],
    ['GET', '/checkpoint/abc', 404],
    ['GET', `/checkpoint/${'0'.repeat(64)}`, 404],
    ['GET', '/checkpoint/..%2f..%2fidentity.json', 404],
    ['GET', `/conflicts/${'0'.repeat(64)}`, 404],
    ['HEAD', '/', 200],
    ['GET', '/?x=1', 200],
    ['GET', '/health/live', 200],
    ['GET', '/health/ready', 200],
  ])('%s %s: %i', async (method, path, status) => {
    const response = await fetch(`${witness.url}${path}`, { method });
    await response.text();
    expect(response.status).toBe(status);
    if (status === 405) expect(response.headers.get('allow')).toBe(path === '/add-checkpoint' ? 'POST' : 'GET, HEAD');
  });

  it('Prometheus how it goes', async () => {
    await witness.cosign(log, 0, 3);
    const metrics = await (await fetch(`${witness.url}/metrics`)).text();
    expect(metrics).toContain(`amana_witness_size{origin="${log.origin}"} 3`);
    expect(metrics).toMatch(/amana_witness_answers_total\{status="200"\} [1-9]/);
  });
});

const base64 = (value: Uint8Array) => Buffer.from(value).toString('base64');
const held = async ({ origin }: TestLog) => {
  const hash = createHash('sha256').update(origin).digest('hex');
  return (await fetch(`${witness.url}/checkpoint/${hash}`)).text();
};
