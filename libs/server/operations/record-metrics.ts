import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge, type Registry } from 'prom-client';
import { Database } from '#server/database';
import { METRICS } from './metrics.js';

interface Figures {
  readonly recorded: number;
  readonly checkpoint_size: number;
  readonly checkpoint_age: number | null;
}

const RECORD = `SELECT
    coalesce((SELECT max(log_index) + 1 FROM amana.log_entry), 0)::float8 AS recorded,
    coalesce(head.size, 0)::float8 AS checkpoint_size,
    extract(epoch FROM now() - head.published_at)::float8 AS checkpoint_age
  FROM (SELECT) AS one LEFT JOIN LATERAL (SELECT size, published_at FROM amana.log_checkpoint ORDER BY size DESC LIMIT 1) AS head ON true`;
const MAY_SEE_QUEUE = `SELECT has_table_privilege('amana.outbox', 'SELECT') AS may`;
const QUEUE = `SELECT topic, count(*)::float8 AS depth FROM amana.outbox WHERE done_at IS NULL GROUP BY topic`;

/**
 * How the record and the queue stand, asked of the database when somebody asks. What cannot be had is left out: figures that are old
 * would be taken for new. Each process shows what its role may see; the queue is for the worker's.
 */
@Injectable()
export class RecordMetrics implements OnModuleInit {
  private asking: Promise<Figures | null> | null = null;

  constructor(
    @Inject(METRICS) private readonly metrics: Registry,
    private readonly database: Database,
  ) {}

  onModuleInit(): void {
    const { database } = this;
    this.gauge('amana_custody_events_recorded', 'Custody events that have their place in the log', 'recorded');
    this.gauge('amana_log_checkpoint_size', 'Entries under the last published checkpoint', 'checkpoint_size');
    this.gauge('amana_log_checkpoint_age_seconds', 'Since the last checkpoint was published', 'checkpoint_age');
    new Gauge({
      name: 'amana_queue_depth',
      help: 'Jobs that are asked for and not done',
      labelNames: ['topic'],
      registers: [this.metrics],
      async collect() {
        this.reset();
        for (const { topic, depth } of await queueDepths(database).catch(() => [])) this.set({ topic }, depth);
      },
    });
  }

  private gauge(name: string, help: string, figure: keyof Figures): void {
    const figures = () => this.figures();
    new Gauge({
      ...{ name, help, registers: [this.metrics] },
      async collect() {
        const value = (await figures())?.[figure] ?? null;
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  }

  /** One question for all the figures of a reading. */
  private figures(): Promise<Figures | null> {
    this.asking ??= this.database
      .query<Figures>(RECORD)
      .then(
        ([found]) => found ?? null,
        () => null,
      )
      .finally(() => {
        this.asking = null;
      });
    return this.asking;
  }
}

async function queueDepths(database: Database): Promise<{ topic: string; depth: number }[]> {
  const [privilege] = await database.query<{ may: boolean }>(MAY_SEE_QUEUE);
  return privilege?.may ? database.query(QUEUE) : [];
}
