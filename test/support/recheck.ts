import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ExhibitId } from '#domain/evidence';
import { ConfigModule } from '#server/config';
import { CustodyModule } from '#server/custody';
import { Database, DatabaseModule } from '#server/database';
import { ConcludeRecheck, Recheck, RecheckModule, type Rechecked, SweepUploads } from '#server/intake';
import { OutboxModule } from '#server/outbox';
import { StorageModule } from '#server/storage';
import type { TestWorld } from './api.js';

@Module({ imports: [ConfigModule, DatabaseModule, OutboxModule, CustodyModule, StorageModule, RecheckModule] })
class RecheckProcess {}

/** The part of the worker that rechecks, under the worker's role, driven by the test instead of a queue. */
export interface RecheckWorker {
  check(exhibitId: ExhibitId): Promise<Rechecked>;
  conclude(found: Rechecked): Promise<void>;
  /** Both in turn. @returns what was found */
  recheck(exhibitId: ExhibitId): Promise<Rechecked['kind']>;
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
    sweep: (now) => context.get(SweepUploads).run(now),
    stop: () => context.close(),
  };
}
