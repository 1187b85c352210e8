export { runOnce, type JobProcessor } from './job.js';
export { QueueModule } from './queue.module.js';
export { ProcessorError, processorsByTopic } from './worker-jobs.js';
