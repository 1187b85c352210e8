import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { spawnApi } from '../support/api.js';
import { startRecheck } from '../support/recheck.js';
import { completeUpload, partOf, partsOf } from '../support/sample-exhibit.js';
import type { FaultWorld } from './fault-world.js';
import { registered, resume, uploadUntilKilled } from './uploading.js';
import { mustBeWhole, uploadsUnderWay } from './wholeness.js';

/** Every round can be run again: the seed is in its name, and AMANA_TEST_SEED sets it. */
const seed = Number(process.env.AMANA_TEST_SEED ?? randomInt(2 ** 31));

/** @param steps `<step>:<n>` as AMANA_FAULT_AT takes them @param rounds of kills at a moment out of the seed */
export function killCases(given: () => FaultWorld, steps: readonly string[], rounds: number): void {
  it.each(steps)('killed at %s loses nothing and does nothing twice', async (step) => {
    const { world, client } = given();
    const exhibit = await registered(given());
    const killed = await spawnApi(world, { AMANA_FAULT_AT: step });
    await uploadUntilKilled(await killed.as(world.directory.tripoli.investigator), exhibit);
    expect(await killed.ended).toBe('SIGKILL');
    await resume(client, exhibit);
    await mustBeWhole(given(), exhibit);
    expect(await uploadsUnderWay(given(), exhibit)).toBe(0);
  });

  it.each(Array.from({ length: rounds }, (_, round) => round))(
    `killed at any moment loses nothing and does nothing twice (round %i of seed ${seed})`,
    async (round) => {
      const { world, client } = given();
      const exhibit = await registered(given());
      const killed = await spawnApi(world);
      const uploading = uploadUntilKilled(await killed.as(world.directory.tripoli.investigator), exhibit);
      await delay((((seed + round * 7919) * 48_271) % 65_521) % 400);
      await killed.stop();
      await uploading;
      await resume(client, exhibit);
      await mustBeWhole(given(), exhibit);
      // Begun, and killed before its row said so: what the sweep is for.
      expect(await uploadsUnderWay(given(), exhibit)).toBeLessThanOrEqual(1);
    },
  );

  it('killed before a row knows of an upload leaves one that the sweep gives back, and no more', async () => {
    const { world, client } = given();
    const exhibit = await registered(given());
    const killed = await spawnApi(world, { AMANA_FAULT_AT: 'after-begin' });
    await uploadUntilKilled(await killed.as(world.directory.tripoli.investigator), exhibit);
    expect(await killed.ended).toBe('SIGKILL');
    await resume(client, exhibit);
    expect(await uploadsUnderWay(given(), exhibit)).toBeLessThanOrEqual(1);
    const worker = await startRecheck(world);
    await worker.sweep(new Date(Date.now() + 2 * 86_400_000));
    await worker.stop();
    expect(await uploadsUnderWay(given(), exhibit)).toBe(0);
    await mustBeWhole(given(), exhibit);
  });

  it('asked for everything three times does it once', async () => {
    const { client } = given();
    const exhibit = await registered(given());
    for (const file of exhibit.files) {
      const parts = partsOf(file);
      for (const { number } of [...parts, ...parts, ...parts])
        expect((await client.putPart(file.id, number, partOf(file, number))).status).toBe(200);
      for (let time = 0; time < 3; time++) expect((await completeUpload(client, file)).status).toBe(200);
    }
    await mustBeWhole(given(), exhibit);
  });
}
