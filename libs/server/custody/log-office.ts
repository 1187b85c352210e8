import { setTimeout as delay } from 'node:timers/promises';
import type { Checkpoint, SigningKey } from '#domain/merkle';
import { StoreError, type EvidenceStore } from '#server/storage';
import type { HeadStore } from './head-store.js';
import { LogError } from './log-error.js';
import { logFolder } from './log-folder.js';
import type { LogSession } from './log-session.js';
import { LogStore } from './log-store.js';
import { type HeadWitnesses, Publisher } from './publisher.js';
import { SEQUENCE_BATCH, Sequencer } from './sequencer.js';
import type { SignedHead } from './signed-head.js';

/** What an office tells of its work, for logs and metrics. */
export interface LogObserver {
  tookOffice?(epoch: number): void;
  sequenced?(events: number, size: number): void;
  published?(head: Checkpoint): void;
  /** Nothing is lost: the same is tried again. */
  hindered?(error: unknown): void;
}

/** Witnesses, as an office has its heads cosigned by them. */
export interface OfficeWitnesses extends HeadWitnesses {
  /** Told of each head once it is published. Returns at once. */
  published(head: SignedHead): void;
  /** Has what is published cosigned, witness by witness, until told to end. Delays nobody, and never fails for a witness. */
  drive(session: LogSession, store: LogStore, ending: AbortSignal): Promise<void>;
}

export interface LogOfficeParts {
  readonly connect: () => Promise<LogSession>;
  readonly store: Pick<EvidenceStore, 'putObject' | 'getObject' | 'latest' | 'remove'>;
  readonly key: SigningKey;
  /** Sign every head beside it. */
  readonly moreKeys?: readonly SigningKey[];
  /** Of this log alone; every office that may be elected reaches the same one. */
  readonly heads: HeadStore;
  readonly witnesses?: OfficeWitnesses;
  readonly observer?: LogObserver;
  /** How long the sequencer gathers while less than a full batch is pending. */
  readonly pollMs?: number;
  /** Heads are published at whole multiples of this, so that their times tell nothing of single events. */
  readonly publishEveryMs?: number;
  /** How often one who is not elected stands again. */
  readonly standEveryMs?: number;
}

/** The advisory lock that elects, as SQL. */
export const OFFICE = `hashtextextended('amana.log-office', 0)`;
/** Whether any process holds the office now: the advisory lock that elects it, as the database lists it. */
export const LOG_OFFICE_HELD = `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (classid::int8 << 32) | objid::int8 = ${OFFICE}) AS held`;

const POLL_MS = 100;
const PUBLISH_EVERY_MS = 500;
const STAND_EVERY_MS = 500;
/** Well within the time after which the database ends a silent session. */
const BEAT_MS = 1000;

/**
 * The one writer of the log. Any number of processes stand for it; an advisory lock elects one, and the epoch it takes fences all before
 * it: a holder that was stopped and woke up late can commit nothing. Whoever holds office sequences what is pending and publishes heads.
 */
export class LogOffice {
  constructor(private readonly parts: LogOfficeParts) {}

  /**
   * Stands, holds office, gives it up when its session is lost or fenced, and stands again, until told to stop.
   * @throws LogError when going on would contradict the record; an operator has to look
   */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      try {
        await this.term(stop);
      } catch (error) {
        if (error instanceof LogError) throw error;
        this.parts.observer?.hindered?.(error);
      }
      await pause(this.parts.standEveryMs ?? STAND_EVERY_MS, stop);
    }
  }

  private async term(stop: AbortSignal): Promise<void> {
    const session = await this.parts.connect();
    const over = new AbortController();
    const ending = AbortSignal.any([stop, session.lost, over.signal]);
    try {
      if (!(await this.elected(session, ending))) return;
      const [taken] = await session.query<{ epoch: string }>('SELECT amana.log_take_office() AS epoch');
      const epoch = Number(taken?.epoch);
      this.parts.observer?.tookOffice?.(epoch);
      await together(over, [this.beat(session, ending), this.work(session, epoch, ending, over)]);
    } finally {
      await session.end().catch(() => undefined);
    }
  }

  private async elected(session: LogSession, ending: AbortSignal): Promise<boolean> {
    while (!ending.aborted) {
      const [answer] = await session.query<{ elected: boolean }>(`SELECT pg_try_advisory_lock(${OFFICE}) AS elected`);
      if (answer?.elected) return true;
      await pause(this.parts.standEveryMs ?? STAND_EVERY_MS, ending);
    }
    return false;
  }

  private async work(session: LogSession, epoch: number, ending: AbortSignal, over: AbortController): Promise<void> {
    const { key, moreKeys, heads, witnesses } = this.parts;
    const store = new LogStore(this.parts.store, await logFolder(session));
    const publisher = await Publisher.begin({
      ...{ session, epoch, store, key, heads },
      ...(moreKeys && { moreKeys }),
      ...(witnesses && { witnesses }),
    });
    if (publisher.caughtUp) this.parts.observer?.published?.(publisher.caughtUp);
    const sequencer = await Sequencer.begin(session, epoch);
    await together(over, [
      this.sequence(sequencer, ending),
      this.publish(publisher, ending),
      ...(witnesses ? [witnesses.drive(session, store, ending)] : []),
    ]);
  }

  private async sequence(sequencer: Sequencer, ending: AbortSignal): Promise<void> {
    while (!ending.aborted) {
      const events = await sequencer.sequence();
      if (events > 0) this.parts.observer?.sequenced?.(events, sequencer.size);
      if (events < SEQUENCE_BATCH) await pause(this.parts.pollMs ?? POLL_MS, ending);
    }
  }

  private async publish(publisher: Publisher, ending: AbortSignal): Promise<void> {
    const everyMs = this.parts.publishEveryMs ?? PUBLISH_EVERY_MS;
    const nextTime = () => pause(everyMs - (Date.now() % everyMs), ending);
    await nextTime();
    while (!ending.aborted) {
      try {
        const head = await publisher.publish();
        if (head) {
          this.parts.observer?.published?.(head);
          this.parts.witnesses?.published(head);
        }
      } catch (error) {
        // The store is away: the next round stages the same again.
        if (!(error instanceof StoreError)) throw error;
        this.parts.observer?.hindered?.(error);
      }
      await nextTime();
    }
  }

  /** Shows the database that we live; it ends the session of a holder that is stopped, and with it the holder's lock. */
  private async beat(session: LogSession, ending: AbortSignal): Promise<void> {
    while (!ending.aborted) {
      await session.query('SELECT');
      await pause(BEAT_MS, ending);
    }
  }
}

/** Waits for all; when one ends, or fails, the others are told to end too. */
async function together(over: AbortController, parts: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(parts.map((part) => part.finally(() => over.abort())));
  for (const part of ended) if (part.status === 'rejected') throw part.reason;
}

async function pause(ms: number, until: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: until }).catch(() => undefined);
}
