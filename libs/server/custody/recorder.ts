import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { Database } from '#server/database';
import { Answer } from './answer.js';
import { type Appended, Custody, type Entry } from './custody.js';

/** Events committed in one group, at most; more wait for the next. */
const GROUP_LIMIT = 512;

interface Waiting {
  readonly entry: Entry;
  readonly officer: ActingOfficer | null;
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

  /** @param officer who acts, from their token: the database refuses an event in the name of another. Null for the platform itself. */
  record(entry: Entry, officer: ActingOfficer | null = null): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ entry: { ...entry, answer: Answer.current() }, officer, resolve, reject });
      if (!this.draining) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.draining = true;
    // Callers whose events were just committed come back with their next ones in this turn of the event loop: a group takes them all.
    while ((await setImmediate(true)) && this.waiting.length > 0) {
      const group = this.waiting.splice(0, GROUP_LIMIT);
      try {
        const appended = await this.commit(group);
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

  private commit(group: readonly Waiting[]): Promise<Appended[]> {
    const acting = group.flatMap(({ officer }) => (officer ? [`${officer.officerId}@${officer.agencyId}`] : []));
    return this.database.asPlatform(async (tx) => {
      if (acting.length > 0)
        await tx.query(`SELECT set_config('amana.acting', $1, true)`, [[...new Set(acting)].join(' ')]);
      return this.custody.append(
        tx,
        group.map(({ entry }) => entry),
      );
    });
  }

  /** A group fails whole; one bad event must not take its neighbours with it. */
  private async commitOneByOne(group: readonly Waiting[], groupError: unknown): Promise<void> {
    if (group.length === 1) {
      group[0]?.reject(groupError);
      return;
    }
    for (const one of group) {
      try {
        const [appended] = await this.commit([one]);
        if (appended) one.resolve(appended);
      } catch (error) {
        one.reject(error);
      }
    }
  }
}
