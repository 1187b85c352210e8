import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, type Config } from '#server/config';
import { ScrubLog } from '#server/custody';
import { ScrubEvidence } from '#server/intake';
import { Pace } from '#server/scrub';

const MIB = 1024 * 1024;
/** After a pass the next one waits for as long as that one took, and no less than this. */
const REST_MS = 60_000;

/** Reads log and evidence again and again, for as long as this worker runs, at a rate that leaves the store to the officers. */
@Injectable()
export class ScrubKeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('scrub');
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly evidence: ScrubEvidence,
    private readonly record: ScrubLog,
  ) {}

  onApplicationBootstrap(): void {
    // One pace: the rate is the worker's, not that of each part.
    const pace = new Pace(this.config.scrubMibPerSecond * MIB, this.stopping.signal);
    this.running = Promise.all([
      this.again('evidence', () => this.evidence.pass(pace)),
      this.again('log', () => this.record.pass(pace)),
    ]);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** What breaks a pass off is told; what was checked stays checked, and the rest comes next. */
  private async again(part: string, pass: () => Promise<void>): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const began = performance.now();
      try {
        await pass();
      } catch (error) {
        // A shutdown breaks a pass off too, and is nothing to tell.
        if (!isAborted(signal)) this.log.warn(`${part}: ${error instanceof Error ? error.message : 'broken off'}`);
      }
      const restMs = Math.max(REST_MS, performance.now() - began);
      await delay(restMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Asked anew: it may have become so while something was waited for. */
const isAborted = ({ aborted }: AbortSignal): boolean => aborted;
