import type { ModuleMetadata, Type } from '@nestjs/common';
import { RaiseReviewsModule } from '#server/audit';
import { RecheckModule } from '#server/intake';
import type { JobProcessor } from '#server/queue';
import { RecheckExhibitProcessor } from './recheck-exhibit.processor.js';
import { ReviewEventProcessor } from './review-event.processor.js';

/** The processor of every topic of the outbox, one a file: `<verb>-<thing>.processor.ts`. The worker starts only when none is missing. */
export const PROCESSORS: readonly Type<JobProcessor>[] = [RecheckExhibitProcessor, ReviewEventProcessor];

/** Modules that the processors take their use cases from. */
export const PROCESSOR_IMPORTS: NonNullable<ModuleMetadata['imports']> = [RecheckModule, RaiseReviewsModule];
