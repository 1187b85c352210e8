import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Profile } from '#client/profile';
import { formatSigningKey, formatVerifierKey, openNote, parseSigningKey } from '#domain/merkle';
import { Custody } from '#server/custody';
import { freePorts } from '../../scripts/services/free-ports.js';
import { bundleAmana, runAmana } from '../support/amana-command.js';
import { type ApiProcess, openWorld, spawnApi, type TestWorld } from '../support/api.js';
import { newCase, statementIn, testLogKey } from '../support/custody.js';
import { openDatabase } from '../support/database.js';
import { officerAtHome } from '../support/officer-home.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type RunningWitness, WitnessFolder } from '../support/witness-process.js';

const NEXT = 'custody.example/log/test-2';
const OLD = formatVerifierKey(testLogKey().verifier);

let world: TestWorld;
let folder: string;
let command: string;
let witness: RunningWitness;
let witnessFolder: WitnessFolder;
let api: ApiProcess;
beforeAll(async () => {
  world = await openWorld();
  folder = temporaryFolder('succession');
  command = await bundleAmana();
  witnessFolder = new WitnessFolder(join(folder, 'witness'), 'north.example');
  await witnessFolder.prepare([], { logs: [{ vkey: OLD }] });
  witness = await witnessFolder.start();
}, 120_000);
afterAll(async () => {
  await api?.stop();
  await witness?.process.stop();
  await world?.end();
});

const workerEnvironment = () => ({
  ...world.workerEnvironment,
  AMANA_WITNESSES: `${formatVerifierKey(witness.key)} ${witness.url}`,
  AMANA_WITNESS_NETWORKS: '127.0.0.0/8',
});

/** Runs a worker until a head over so many entries is cosigned. */
async function witnessedBy(environment: Record<string, string>): Promise<void> {
  const [port] = await freePorts(1);
  const child = spawn(process.execPath, ['dist/apps/worker/main.js'], {
    env: { PATH: process.env.PATH, ...environment, AMANA_OPERATIONS_PORT: String(port) },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const isWitnessed = async () => {
    const [row] = await world.query<{ done: boolean }>(
      `SELECT (SELECT size FROM amana.log_witnessed) >= (SELECT count(*) FROM amana.custody_event) AS done`,
    );
    return row?.done === true;
  };
  while (!(await isWitnessed())) {
    if (child.exitCode !== null) throw new Error('the worker ended');
    await delay(20);
  }
  child.kill('SIGTERM');
  await ended;
}

async function append(count: number): Promise<void> {
  const { database, close } = await openDatabase(world.database.appUrl, 1);
  const caseId = newCase();
  const entries = Array.from({ length: count }, () => ({ statement: statementIn(caseId), visibleTo: [] }));
  await database.asPlatform((tx) => new Custody().append(tx, entries));
  await close();
}

/** Ends the log with the operator's own command. @returns the environment of its successor */
async function retire(): Promise<Record<string, string>> {
  const [keyFile, mlDsaKeyFile] = [join(folder, 'next.key'), join(folder, 'next-mldsa.key')];
  const args = ['retire', '--new-origin', NEXT, '--key-file', keyFile, '--mldsa-key-file', mlDsaKeyFile];
  const child = spawn(process.execPath, ['dist/apps/worker/recover.js', ...args], {
    env: { PATH: process.env.PATH, ...workerEnvironment(), AMANA_DATABASE_OWNER_URL: world.database.ownerUrl },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
  const [key, mlDsaKey] = [keyFile, mlDsaKeyFile].map((file) => readFileSync(file, 'utf8').trim()) as [string, string];
  return {
    ...{ AMANA_LOG_ORIGIN: NEXT, AMANA_LOG_KEY: key, AMANA_LOG_MLDSA_KEY: mlDsaKey },
    AMANA_LOG_VERIFIER_KEY: formatVerifierKey(parseSigningKey(key).verifier),
    AMANA_LOG_MLDSA_VERIFIER_KEY: formatVerifierKey(parseSigningKey(mlDsaKey).verifier),
  };
}

/** A machine of somebody who pinned the old log, and saw its head. */
async function desk(name: string) {
  const home = join(folder, name);
  const { profile } = await officerAtHome(home, {
    platform: { publicUrl: api.baseUrl, logOrigin: testLogKey().verifier.name, logVerifierKey: OLD },
  });
  const profileFile = join(home, 'officers', encodeURIComponent(profile.officer.email), 'profile.json');
  mkdirSync(join(home, 'log-witnesses'), { recursive: true });
  const env = { AMANA_HOME: home, AMANA_PATIENCE_SECONDS: '5' };
  return {
    amana: (...args: string[]) => runAmana(command, args, { cwd: folder, env }),
    profile: () => JSON.parse(readFileSync(profileFile, 'utf8')) as Profile,
    pinWitness: (url = witness.url) =>
      writeFileSync(
        join(home, 'log-witnesses', `${encodeURIComponent(testLogKey().verifier.name)}.json`),
        JSON.stringify([{ name: 'north.example', verifierKey: formatVerifierKey(witness.key), url }]),
      ),
    /** The machine takes the platform's new address for the old one's. */
    moveTo: (url: string) => writeFileSync(profileFile, JSON.stringify({ ...readJson(profileFile), api: url })),
  };
}
const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as object;

describe('who pinned a log that was retired', () => {
  it('follows its successor when key and witnesses say so, is told, and keeps the old key; else refuses', async () => {
    await append(5);
    await witnessedBy(workerEnvironment());
    api = await spawnApi(world);
    const [trusting, alone, misled] = [await desk('trusting'), await desk('alone'), await desk('misled')];
    for (const { amana } of [trusting, alone, misled])
      expect(await amana('log', 'checkpoint')).toMatchObject({ code: 0, stderr: '' });
    trusting.pinWitness();
    await api.stop();

    const next = await retire();
    witnessFolder.configure([], { logs: [{ vkey: OLD }, { vkey: next.AMANA_LOG_VERIFIER_KEY }] });
    await witness.process.stop();
    witness = await witnessFolder.start();
    await witnessedBy({ ...workerEnvironment(), ...next });
    api = await spawnApi(world, next);
    for (const { moveTo } of [trusting, alone, misled]) moveTo(api.baseUrl);
    trusting.pinWitness();

    const followed = await trusting.amana('log', 'checkpoint', '--json');
    expect(followed.code).toBe(0);
    expect(followed.stderr).toMatch(
      /^The log custody\.example\/log\/test has ended at \d+ entries and named custody\.example\/log\/test-2 as its successor.*The witnesses that are pinned here confirm/,
    );
    const { origin, note } = JSON.parse(followed.stdout) as { origin: string; note: string };
    expect(origin).toBe(NEXT);
    const keys = [next.AMANA_LOG_KEY!, next.AMANA_LOG_MLDSA_KEY!].map((key) => parseSigningKey(key).verifier);
    expect(openNote(Buffer.from(note), keys).signatures).toHaveLength(2);
    const { pins } = trusting.profile();
    expect(pins).toMatchObject({
      logVerifierKey: next.AMANA_LOG_VERIFIER_KEY,
      logMlDsaVerifierKey: next.AMANA_LOG_MLDSA_VERIFIER_KEY,
      formerLogs: [{ verifierKey: OLD, mlDsaVerifierKey: null }],
    });
    expect(openNote(Buffer.from(pins.formerLogs[0]!.succession), [testLogKey().verifier]).signatures).toHaveLength(1);
    // Once; and the witnesses are trusted for the successor too.
    expect(await trusting.amana('log', 'checkpoint')).toMatchObject({ code: 0, stderr: '' });
    expect((await trusting.amana('log', 'witness', 'list', '--json')).stdout).toContain('"cosigned":true');

    const byKeyAlone = await alone.amana('log', 'checkpoint');
    expect(byKeyAlone.code).toBe(0);
    expect(byKeyAlone.stderr).toContain('this rests on its key alone');

    misled.pinWitness('http://127.0.0.1:9/');
    const refused = await misled.amana('log', 'checkpoint');
    expect([refused.code, refused.stdout]).toEqual([4, '']);
    expect(refused.stderr).toMatch(/^amana: .*too few of the witnesses that are pinned here confirm: north\.example/);
    expect(misled.profile().pins.logVerifierKey).toBe(OLD);
  }, 240_000);

  it('refuses a successor that a thief made up, and says what is wrong with it', async () => {
    const victim = await desk('victim');
    const key = formatSigningKey(testLogKey().verifier.name, 'ed25519', new Uint8Array(32).fill(66));
    const [row] = await world.query<{ succession: string }>('SELECT succession FROM amana.log_origin');
    await world.query('UPDATE amana.log_origin SET succession = $1', [
      row!.succession.replace(/— .*\n$/, `— ${parseSigningKey(key).verifier.name} ${'AAAA'.repeat(24)}\n`),
    ]);
    const refused = await victim.amana('log', 'checkpoint');
    expect([refused.code, refused.stdout]).toEqual([4, '']);
    expect(refused.stderr).toContain('no statement by the key of custody.example/log/test that names it');
    expect(victim.profile().pins.logVerifierKey).toBe(OLD);
  }, 60_000);
});
