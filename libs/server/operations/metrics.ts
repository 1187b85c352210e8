import { collectDefaultMetrics, Registry } from 'prom-client';

/** Injection token of the process's registry of metrics. */
export const METRICS = Symbol('Metrics');

/** A registry of its own, so that several applications in one process, as in tests, do not meet. */
export function openMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'amana_' });
  return registry;
}
