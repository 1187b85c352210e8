import { Injectable } from '@nestjs/common';
import { SweepUploads } from '#server/intake';
import { PeriodicKeeper } from './periodic-keeper.js';

/** How often the store's uploads are looked through, in milliseconds. */
const INTERVAL_MS = 3_600_000;

/** Gives up uploads that nobody will complete. */
@Injectable()
export class UploadKeeper extends PeriodicKeeper {
  constructor(private readonly uploads: SweepUploads) {
    super('uploads', { everyMs: INTERVAL_MS, firstAfterMs: INTERVAL_MS });
  }

  protected async look(): Promise<void> {
    const swept = await this.uploads.run(new Date());
    if (swept > 0) this.log.log(`gave up ${swept} uploads`);
  }
}
