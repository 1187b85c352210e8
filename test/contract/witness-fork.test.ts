import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openNote, parseCheckpoint, parseConflict, parseNote, verifyConflict } from '#domain/merkle';
import { temporaryFolder } from '../support/temporary-folder.js';
import { addCheckpointBody, TestLog } from '../support/test-log.js';
import { requireCosigned, WitnessFolder, type RunningWitness } from '../support/witness-process.js';

const base = temporaryFolder('witness-fork');
const RUNS = 25;
const fuzzed = Array.from({ length: RUNS }, (_, at) => new TestLog(`custody.example/fuzz/${at}`));
const logs = Array.from({ length: 8 }, (_, at) => new TestLog(`custody.example/log/${at}`));
const folders = ['witness.one.example', 'witness.two.example'].map((name) => new WitnessFolder(join(base, name), name));
let one: RunningWitness;
let two: RunningWitness;

beforeAll(async () => {
  const [first, second] = await Promise.all(
    folders.map(async (folder) => {
      await folder.prepare([...logs, ...fuzzed]);
      return folder.start();
    }),
  );
  [one, two] = [first!, second!];
});
afterAll(() => Promise.all([one, two].map((witness) => witness?.process.stop())));

const conflictsOf = async (witness: RunningWitness, log: TestLog) =>
  (await witness.conflicts()).filter(({ origin }) => origin === log.origin);

describe('two witnesses that are shown a fork', () => {
  it('cosign neither branch both, and keep the two heads as proof', async () => {
    const log = logs[0]!;
    const fork = log.forkAt(5);
    for (const witness of [one, two]) await witness.cosign(log, 0, 5);
    await one.cosign(log, 5, 9);
    await two.cosign(fork, 5, 9);
    expect((await one.post(fork.request(5, 9))).status).toBe(409);
    expect((await two.post(log.request(5, 9))).status).toBe(409);
    expect((await one.post(fork.request(9, 9))).status).toBe(409);
    expect((await two.post(log.request(9, 9))).status).toBe(409);
    expect((await one.post(fork.request(9, 12))).status).toBe(422);
    expect((await two.post(log.request(9, 12))).status).toBe(422);
    await one.cosign(log, 9, 12);
    await two.cosign(fork, 9, 12);
    for (const witness of [one, two]) {
      const kinds = (await conflictsOf(witness, log)).map(({ kind }) => kind);
      expect(kinds.sort()).toEqual(['fork', 'unproven-growth']);
    }
  });

  it('give out evidence that anybody can check with the pinned keys alone', async () => {
    const log = logs[1]!;
    await one.cosign(log, 0, 6);
    await one.post(addCheckpointBody(6, [], log.forkAt(3).checkpoint(6)));
    const conflict = (await conflictsOf(one, log))[0]!;
    expect(conflict).toMatchObject({ kind: 'fork', held: { size: 6 }, shown: { size: 6 } });
    expect(conflict.held.root).not.toBe(conflict.shown.root);
    for (const head of [conflict.held, conflict.shown]) {
      const { text } = openNote(Buffer.from(head.note), [log.key.verifier]);
      const { size, root } = parseCheckpoint(text);
      expect([size, Buffer.from(root).toString('base64')]).toEqual([head.size, head.root]);
    }
    expect(openNote(Buffer.from(conflict.held.note), [one.key]).signatures).toHaveLength(1);
    expect(await one.json(`/conflicts/${conflict.id}`)).toEqual(conflict);
    const evidence = await (await fetch(`${one.url}/conflicts/${conflict.id}/evidence`)).arrayBuffer();
    const proven = verifyConflict(parseConflict(new Uint8Array(evidence)), [log.key.verifier]);
    expect([proven.origin, proven.older.checkpoint.size, proven.newer.checkpoint.size]).toEqual([log.origin, 6, 6]);
    const file = join(folders[0]!.dataFolder, 'conflicts', `${conflict.id}.json`);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(conflict);
  });

  it('find the same even where the old size does not fit', async () => {
    const log = logs[2]!;
    await one.cosign(log, 0, 6);
    const response = await one.post(addCheckpointBody(0, [], log.forkAt(3).checkpoint(6)));
    expect([response.status, await response.text()]).toEqual([409, '6\n']);
    expect(await conflictsOf(one, log)).toHaveLength(1);
  });
});

describe('a head with a bad proof', () => {
  it('is suspected until a good proof comes', async () => {
    const log = logs[3]!;
    await one.cosign(log, 0, 6);
    expect((await one.post(addCheckpointBody(6, [log.root(1)], log.checkpoint(8)))).status).toBe(422);
    const conflict = (await conflictsOf(one, log))[0]!;
    expect(conflict).toMatchObject({ kind: 'unproven-growth', held: { size: 6 }, shown: { size: 8 } });
    expect(conflict.consistencyProof).toHaveLength(1);
    expect((await fetch(`${one.url}/conflicts/${conflict.id}/evidence`)).status).toBe(404);
    await one.cosign(log, 6, 8);
    expect(await conflictsOf(one, log)).toEqual([]);
    expect(existsSync(join(folders[0]!.dataFolder, 'conflicts', `${conflict.id}.json`))).toBe(false);
  });

  it('is kept once, and no more than 64 of them, the forks untouched', async () => {
    const log = logs[4]!;
    await one.cosign(log, 0, 2);
    const fork = addCheckpointBody(2, [], log.forkAt(1).checkpoint(2));
    const bad = (label: number, size: number) => log.forkAt(1, `${label}`).checkpoint(size);
    await one.post(fork);
    for (let at = 0; at < 70; at++) await one.post(addCheckpointBody(2, [], bad(at, 3)));
    for (let at = 0; at < 3; at++) await one.post(addCheckpointBody(2, [], bad(69, 3)));
    const kept = await conflictsOf(one, log);
    expect(kept.filter(({ kind }) => kind === 'unproven-growth')).toHaveLength(64);
    expect(kept.filter(({ kind }) => kind === 'fork')).toHaveLength(1);
    const files = readdirSync(join(folders[0]!.dataFolder, 'conflicts'));
    expect(files.length).toBe((await one.conflicts()).length);
  });
});

interface Sent {
  readonly branch: number;
  readonly from: number;
  readonly to: number;
  readonly proof: 'its own' | 'none' | "another's";
}

describe('whatever a witness is sent, eight at once', () => {
  it('what it cosigns never contradicts itself, and only grows', async () => {
    const size = fc.integer({ min: 0, max: 20 });
    const sent = fc.record<Sent>({
      branch: fc.integer({ min: 0, max: 2 }),
      from: size,
      to: size,
      proof: fc.constantFrom('its own', 'its own', 'its own', 'none', "another's"),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(sent, { minLength: 1, maxLength: 8 }), { maxLength: 12 }), async (rounds) => {
        // A run that shrinks starts over with a log of its own while there are any.
        const log = fuzzed[run++ % RUNS]!;
        const branches = [log, log.forkAt(4), log.forkAt(11, 'later')];
        const cosigned: { size: number; root: string; seconds: number; round: number }[] = [];
        let held = await one.size(log);
        for (const [round, requests] of rounds.entries()) {
          // Half of them know what it holds: else hardly any would be cosigned.
          const answers = await Promise.all(
            requests.map(async (request, at) => {
              const guess = at % 2 === 0 ? { ...request, from: held } : request;
              const body = bodyOf(branches, guess);
              const response = await one.post(body);
              return { guess, status: response.status, text: await response.text() };
            }),
          );
          for (const { guess, status, text } of answers) {
            if (status !== 200) {
              expect([400, 409, 422]).toContain(status);
              continue;
            }
            const branch = branches[guess.branch]!;
            const seconds = requireCosigned(branch.checkpoint(guess.to), text, one.key);
            const root = Buffer.from(branch.root(guess.to)).toString('base64');
            cosigned.push({ size: guess.to, root, seconds, round });
          }
          const now = await one.size(log);
          expect(now).toBeGreaterThanOrEqual(held);
          held = now;
        }
        expectOneHistory(branches, cosigned);
      }),
      { numRuns: RUNS },
    );
  });

  function bodyOf(branches: readonly TestLog[], { branch, from, to, proof }: Sent): Uint8Array {
    const shown = branches[branch]!;
    const prover = proof === 'its own' ? shown : branches[(branch + 1) % branches.length]!;
    return addCheckpointBody(from, proof === 'none' ? [] : prover.proof(from, to), shown.checkpoint(to));
  }

  /** All that was cosigned lies on one branch, and a later round has no smaller size and no earlier time. */
  function expectOneHistory(
    branches: readonly TestLog[],
    cosigned: readonly { size: number; root: string; seconds: number; round: number }[],
  ): void {
    const onOne = branches.some((branch) =>
      cosigned.every(({ size, root }) => Buffer.from(branch.root(size)).toString('base64') === root),
    );
    expect({ cosigned, onOne }).toEqual({ cosigned, onOne: true });
    for (const earlier of cosigned) {
      for (const later of cosigned.filter(({ round }) => round > earlier.round)) {
        expect(later.size).toBeGreaterThanOrEqual(earlier.size);
        expect(later.seconds).toBeGreaterThanOrEqual(earlier.seconds);
      }
    }
  }

  it('of eight ways to grow sent at once it takes what goes together', async () => {
    const log = logs[5]!;
    await one.cosign(log, 0, 4);
    const fork = log.forkAt(4);
    const sent = [5, 6, 7, 8].flatMap((size) => [
      { branch: log, size },
      { branch: fork, size },
    ]);
    const answers = await Promise.all(
      sent.map(async ({ branch, size }) => ({ branch, size, response: await one.post(branch.request(4, size)) })),
    );
    const won = answers.filter(({ response }) => response.status === 200);
    expect(won).toHaveLength(1);
    const line = (await one.overview()).logs.find(({ origin }) => origin === log.origin)!;
    expect(line.size).toBe(won[0]!.size);
    const note = await (await fetch(`${one.url}/checkpoint/${line.originHash}`)).text();
    expect(parseNote(Buffer.from(note)).text).toBe(won[0]!.branch.text(won[0]!.size));
  });
});
