import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { SweepUploads } from '#server/intake';

/** How often the store's uploads are looked through, in milliseconds. */
const INTERVAL_MS = 3_600_000;

/** Gives up uploads that nobody will complete, for as long as this worker runs. */
@Injectable()
export class UploadKeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('uploads');
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly uploads: SweepUploads) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running = this.sweep();
    }, INTERVAL_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.running;
  }

  /** What cannot be done now is done by a later sweep. */
  private async sweep(): Promise<void> {
    try {
      const swept = await this.uploads.run(new Date());
      if (swept > 0) this.log.log(`gave up ${swept} uploads`);
    } catch (error) {
      this.log.warn(error instanceof Error ? error.message : 'uploads could not be looked through');
    }
  }
}
