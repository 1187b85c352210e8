import { Inject, Injectable } from '@nestjs/common';
import { Gauge, Histogram, type Registry } from 'prom-client';
import { METRICS } from './metrics.js';

/** Seconds: from a look-up to a part over a slow line. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** How long requests take, and what is going up. Routes by their pattern, never by their path: a path has ids. */
@Injectable()
export class HttpMetrics {
  private readonly durations: Histogram<'method' | 'route' | 'status'>;
  private readonly uploads: Gauge;

  constructor(@Inject(METRICS) metrics: Registry) {
    const registers = [metrics];
    this.durations = new Histogram({
      name: 'amana_http_request_duration_seconds',
      help: 'From the header of a request to the end of its answer',
      labelNames: ['method', 'route', 'status'],
      buckets: BUCKETS,
      registers,
    });
    this.uploads = new Gauge({ name: 'amana_uploads_in_flight', help: 'Parts that are on their way in', registers });
  }

  /** @param route the pattern of the route; null where there is none */
  answered(method: string, route: string | null, status: number, seconds: number): void {
    this.durations.observe({ method, route: route ?? 'none', status: String(status) }, seconds);
  }

  /** A part begins to arrive. @returns to be called once when it is over */
  partArrives(): () => void {
    this.uploads.inc();
    return () => this.uploads.dec();
  }
}
