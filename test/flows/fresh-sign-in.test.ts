import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { runCommand } from '../../scripts/platform/command.js';
import { builtProgram } from '../../scripts/services/checkout.js';
import { AMAL, ChainWorld } from '../support/chain-world.js';

const STEP_UP_SECONDS = 10;

describe('a sign-in on the command line', () => {
  const world = ChainWorld.use(() =>
    Promise.resolve({
      options: { environment: { AMANA_STEP_UP_SECONDS: String(STEP_UP_SECONDS) } },
      stop: () => Promise.resolve(),
    }),
  );
  const officers = () => join(world.amal.home, 'officers', encodeURIComponent(AMAL));
  /** As Amal, where nobody can be asked for a password. */
  const unattended = (args: readonly string[]) =>
    runCommand(process.execPath, [builtProgram('amana.mjs'), ...args], {
      PATH: process.env.PATH,
      AMANA_HOME: world.amal.home,
      AMANA_OFFICER: AMAL,
      AMANA_PASSPHRASE: world.platform.secrets.demoPassword,
    });
  const propose = (number: string) => [
    ...['share', 'propose', number, '--team', 'JIT Safe Passage', '--to', 'Borealia Prosecution Service'],
    ...['--purpose', 'trial', '--basis', 'JIT agreement, clause 4', '--until', '2030-01-01'],
  ];
  const staleSignIn = async () => {
    await world.amal.must(['login', '--email', AMAL]);
    await delay((STEP_UP_SECONDS + 1) * 1000);
  };

  it('is asked for anew for what cannot be taken back, and only for that; the command goes on by itself', async () => {
    const source = world.place('evidence');
    writeFileSync(join(source, 'a.txt'), 'evidence');
    const number = await world.upload(source);
    await staleSignIn();
    expect((await world.amal.must(['exhibit', 'show', number])).stderr).toBe('');
    const alone = await unattended(propose(number));
    expect([alone.code, alone.stderr]).toEqual([
      3,
      expect.stringContaining('this needs a fresh sign-in; run `amana login`, then this command again'),
    ]);
    const { stderr } = await world.amal.must(propose(number));
    expect(stderr).toContain(`This needs a fresh sign-in of ${AMAL}.`);
    expect(await world.amal.json(['share', 'list'])).toHaveLength(1);
  }, 180_000);

  it('ends with `amana logout`: tokens are gone here, at the issuer, and refused by the platform at once', async () => {
    await world.amal.must(['login', '--email', AMAL]);
    const path = join(officers(), 'tokens');
    const stolen = readFileSync(path);
    const { stdout } = await world.amal.must(['logout']);
    expect(stdout).toContain(`Signed out: ${AMAL}`);
    expect(existsSync(path)).toBe(false);
    const out = { code: 3, stderr: expect.stringContaining('run `amana login`') as unknown };
    expect(await world.amal.run(['whoami'])).toMatchObject(out);
    // With the key beside it, as on this very machine: the access token had minutes to live.
    writeFileSync(path, stolen);
    expect(await world.amal.run(['whoami'])).toMatchObject(out);
    expect((await world.amal.must(['logout'])).code).toBe(0);
    expect((await world.amal.must(['logout'])).stdout).toContain('is not signed in here');
  }, 120_000);
});
