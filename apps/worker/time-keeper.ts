import { setTimeout as delay } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Counter, type Registry } from 'prom-client';
import { readPemCertificates, TimestampError } from '#domain/time';
import { CONFIG, type Config, ConfigError } from '#server/config';
import { LogReader } from '#server/custody';
import { METRICS } from '#server/operations';
import { HttpTimestampAuthority, LogTimestamps, ManifestTimestamps, RenewTimestamps, TsaError } from '#server/time';
import { LogAlarms } from './log-alarms.js';

const MANIFESTS_EVERY_SECONDS = 5;
const MANIFESTS_AT_ONCE = 100;
const RENEW_EVERY_SECONDS = 3600;
const DAY_MS = 86_400_000;

/**
 * Has heads of the log and sealed manifests stamped, and timestamps renewed, for as long as this worker runs. Waits for nobody and nobody
 * waits for it: an authority that is away delays timestamps, never the log.
 */
@Injectable()
export class TimeKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('time');
  private readonly stopping = new AbortController();
  private readonly authority: HttpTimestampAuthority | null;
  private readonly kept: Counter<'over'>;
  private readonly failures: Counter<'code'>;
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(METRICS) metrics: Registry,
    private readonly reader: LogReader,
    private readonly heads: LogTimestamps,
    private readonly manifests: ManifestTimestamps,
    private readonly renewals: RenewTimestamps,
    private readonly alarms: LogAlarms,
  ) {
    this.authority = authorityOf(config, this.stopping.signal);
    const registers = [metrics];
    this.kept = new Counter({
      ...{ name: 'amana_timestamps_total', help: 'Timestamps that were verified and kept', registers },
      labelNames: ['over'],
    });
    this.failures = new Counter({
      ...{ name: 'amana_tsa_failures_total', help: 'Timestamps that were not to be had, or not to be kept', registers },
      labelNames: ['code'],
    });
  }

  onApplicationBootstrap(): void {
    const { authority } = this;
    if (!authority) {
      this.log.warn('AMANA_TSA_URL is not given: nothing is stamped');
      return;
    }
    const { tsaEverySeconds } = this.config;
    this.running = Promise.all([
      this.again(tsaEverySeconds, () => this.stampHead(authority)),
      this.again(Math.min(tsaEverySeconds, MANIFESTS_EVERY_SECONDS), () => this.stampManifests(authority)),
      this.again(RENEW_EVERY_SECONDS, () => this.renew(authority)),
    ]);
  }

  /** Before the connections that the work in progress still needs are closed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** The last head that witnesses cosigned, for it says more; where there is none that is new, the last that is served. */
  private async stampHead(authority: HttpTimestampAuthority): Promise<void> {
    const { logOrigin, tsaEverySeconds } = this.config;
    const latest = await this.reader.latest();
    const stamped = (await this.heads.latest(logOrigin))?.size ?? 0;
    if (!latest || latest.size <= stamped) return;
    // Another worker's turn counts; a little slack, for timers are not exact.
    if (!(await this.heads.isDue(logOrigin, tsaEverySeconds * 0.9))) return;
    const witnessed = await this.reader.witnessed();
    const head = witnessed && witnessed.size > stamped ? witnessed : latest;
    if (await this.heads.stampCheckpoint(head.note, authority)) this.kept.inc({ over: 'head' });
  }

  private async stampManifests(authority: HttpTimestampAuthority): Promise<void> {
    for (;;) {
      const waiting = await this.manifests.waiting(MANIFESTS_AT_ONCE);
      for (const manifest of waiting) {
        if (this.stopping.signal.aborted) return;
        await this.manifests.stampManifest(manifest, authority);
        this.kept.inc({ over: 'manifest' });
      }
      if (waiting.length < MANIFESTS_AT_ONCE) return;
    }
  }

  private async renew(authority: HttpTimestampAuthority): Promise<void> {
    const now = new Date();
    const ended = await this.renewals.ended(now);
    if (ended > 0) this.log.error(`expired: ${ended} timestamps were not renewed in time`);
    const until = new Date(now.getTime() + this.config.tsaRenewDays * DAY_MS);
    while (!this.stopping.signal.aborted) {
      if ((await this.renewals.renewBatch(authority, now, until)) === 0) return;
      this.kept.inc({ over: 'renewal' });
    }
  }

  /** What fails now is done the next time. An authority that is away is told once, what looks like another's work each time. */
  private async again(everySeconds: number, act: () => Promise<void>): Promise<void> {
    const { signal } = this.stopping;
    let told: string | null = null;
    while (!signal.aborted) {
      const failure = await act().then(
        () => null,
        async (error: unknown) => this.failureIn(error),
      );
      if (failure !== null && failure !== told) this.log.warn(failure);
      told = failure;
      await delay(everySeconds * 1000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What must not be kept is on the record too: a clock that is not the pinned one is for auditors to know of. */
  private async failureIn(error: unknown): Promise<string> {
    const message = error instanceof Error ? error.message : 'no timestamp';
    if (!(error instanceof TsaError) || this.stopping.signal.aborted) return message;
    this.failures.inc({ code: error.code });
    if (error.alarm) {
      this.log.error(`alarm: ${error.code}: ${message}`);
      await this.alarms.raiseDaily('timestamp-refused', error.code, `a timestamp was refused: ${message}`);
    }
    return message;
  }
}

/** @throws ConfigError when there is an authority, and nothing that its tokens must lead to */
function authorityOf({ tsaUrl, tsaRoots, tsaPolicies }: Config, signal: AbortSignal): HttpTimestampAuthority | null {
  if (tsaUrl === null) return null;
  if (tsaRoots === null)
    throw new ConfigError(['AMANA_TSA_ROOTS: is missing; tokens are kept only under roots that are pinned']);
  try {
    return new HttpTimestampAuthority({
      url: tsaUrl,
      roots: readPemCertificates(tsaRoots),
      policies: tsaPolicies,
      signal,
    });
  } catch (error) {
    if (!(error instanceof TimestampError)) throw error;
    throw new ConfigError([`AMANA_TSA_ROOTS: ${error.message}`]);
  }
}
