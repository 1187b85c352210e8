export { runOnce, type JobProcessor } from './job.js';
export { QueueModule } from './queue.module.js';
export { QueueReadinessModule } from './queue-readiness.js';
export { ProcessorError, processorsByTopic } from './worker-jobs.js';
