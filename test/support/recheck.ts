import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ExhibitId } from '#domain/evidence';
import { ConfigModule } from '#server/config';
import { CustodyModule, ScrubLog } from '#server/custody';
import { Database, DatabaseModule } from '#server/database';
import { ConcludeRecheck, Recheck, RecheckModule, type Rechecked, ScrubEvidence, SweepUploads } from '#server/intake';
import { OutboxModule } from '#server/outbox';
import { Pace } from '#server/scrub';
import { StorageModule } from '#server/storage';
import type { TestWorld } from './api.js';

@Module({
  imports: [ConfigModule, DatabaseModule, OutboxModule, CustodyModule, StorageModule, RecheckModule],
  providers: [ScrubLog],
})
class RecheckProcess {}

/** The part of the worker that rechecks, under the worker's role, driven by the test instead of a queue. */
export interface RecheckWorker {
  check(exhibitId: ExhibitId): Promise<Rechecked>;
  conclude(found: Rechecked): Promise<void>;
  /** Both in turn. @returns what was found */
  recheck(exhibitId: ExhibitId): Promise<Rechecked['kind']>;
  /** One pass over all evidence, and one over the log. */
  scrub(): Promise<void>;
  /** Gives up uploads as at that time. */
  sweep(now: Date): Promise<number>;
  stop(): Promise<void>;
}

export async function startRecheck(world: TestWorld): Promise<RecheckWorker> {
  Object.assign(process.env, world.workerEnvironment);
  const context = await NestFactory.createApplicationContext(RecheckProcess, { logger: ['warn', 'error'] });
  const conclude = (found: Rechecked) =>
    context.get(Database).asPlatform((tx) => context.get(ConcludeRecheck).conclude(tx, found));
  const check = (exhibitId: ExhibitId) => context.get(Recheck).check(exhibitId);
  return {
    ...{ check, conclude },
    async recheck(exhibitId) {
      const found = await check(exhibitId);
      await conclude(found);
      return found.kind;
    },
    async scrub() {
      const pace = new Pace(1e9, new AbortController().signal);
      await context.get(ScrubEvidence).pass(pace);
      await context.get(ScrubLog).pass(pace);
    },
    sweep: (now) => context.get(SweepUploads).run(now),
    stop: () => context.close(),
  };
}
