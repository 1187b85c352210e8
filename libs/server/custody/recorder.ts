import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database } from '#server/database';
import { type Appended, Custody, type Entry } from './custody.js';

/** Events committed in one group, at most; more wait for the next. */
const GROUP_LIMIT = 512;

interface Waiting {
  readonly entry: Entry;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Records events that stand alone, such as a refusal or a reading: those of many requests share one commit (group commit),
 * so that throughput is not one WAL flush an event. Resolves when the event is durable.
 */
@Injectable()
export class CustodyRecorder {
  private waiting: Waiting[] = [];
  private draining = false;

  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
  ) {}

  record(entry: Entry): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ entry, resolve, reject });
      if (!this.draining) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.draining = true;
    // Callers whose events were just committed come back with their next ones in this turn of the event loop: a group takes them all.
    while ((await setImmediate(true)) && this.waiting.length > 0) {
      const group = this.waiting.splice(0, GROUP_LIMIT);
      try {
        const appended = await this.commit(group.map(({ entry }) => entry));
        for (const [position, { resolve, reject }] of group.entries()) {
          const one = appended[position];
          if (one) resolve(one);
          else reject(new Error('an event was not appended'));
        }
      } catch (error) {
        await this.commitOneByOne(group, error);
      }
    }
    this.draining = false;
  }

  private commit(entries: readonly Entry[]): Promise<Appended[]> {
    return this.database.asPlatform((tx) => this.custody.append(tx, entries));
  }

  /** A group fails whole; one bad event must not take its neighbours with it. */
  private async commitOneByOne(group: readonly Waiting[], groupError: unknown): Promise<void> {
    if (group.length === 1) {
      group[0]?.reject(groupError);
      return;
    }
    for (const { entry, resolve, reject } of group) {
      try {
        const [appended] = await this.commit([entry]);
        if (appended) resolve(appended);
      } catch (error) {
        reject(error);
      }
    }
  }
}
