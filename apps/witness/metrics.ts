import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ConflictShelf } from './conflict-shelf.js';
import type { Memory } from './memory.js';

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a witness tells Prometheus. Logs by their origin, which is public; nothing of who asks. */
export class WitnessMetrics {
  readonly registry = new Registry();
  readonly #answers: Counter<'status'>;
  readonly #durations: Histogram;

  constructor(origins: readonly string[], memory: Memory, conflicts: ConflictShelf) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry, prefix: 'amana_' });
    this.#answers = new Counter({
      ...{ name: 'amana_witness_answers_total', help: 'Answers to add-checkpoint', labelNames: ['status'], registers },
    });
    this.#durations = new Histogram({
      ...{ name: 'amana_witness_answer_seconds', help: 'From a whole request to its answer', registers },
      buckets: BUCKETS,
    });
    new Gauge({
      ...{ name: 'amana_witness_size', help: 'Size that was cosigned last', labelNames: ['origin'], registers },
      collect() {
        for (const origin of origins) this.set({ origin }, memory.held(origin)?.size ?? 0);
      },
    });
    new Gauge({
      name: 'amana_witness_cosigned_at_seconds',
      help: 'When it was, in POSIX seconds',
      ...{ labelNames: ['origin'], registers },
      collect() {
        for (const origin of origins) this.set({ origin }, memory.held(origin)?.cosignedAtSeconds ?? 0);
      },
    });
    new Gauge({
      name: 'amana_witness_conflicts',
      help: 'Conflicts that are kept; one fork is one too many',
      ...{ labelNames: ['origin', 'kind'], registers },
      collect() {
        for (const origin of origins) {
          for (const kind of ['fork', 'unproven-growth'] as const) {
            const count = conflicts.list().filter((one) => one.origin === origin && one.kind === kind).length;
            this.set({ origin, kind }, count);
          }
        }
      },
    });
  }

  answered(status: number, seconds: number): void {
    this.#answers.inc({ status: String(status) });
    this.#durations.observe(seconds);
  }
}
