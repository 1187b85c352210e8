export { postgresQueue, redisQueue, type QueueErrorListener } from './bull-queue.js';
export { runOnce, type JobProcessor } from './job.js';
export type { JobQueue, JobRunner, QueuedJob } from './job-queue.js';
export { OutboxDispatcher, type DispatcherOptions } from './outbox-dispatcher.js';
export { JOB_QUEUE, QueueModule } from './queue.module.js';
export { ProcessorError, processorsByTopic, startProcessors } from './worker-jobs.js';
