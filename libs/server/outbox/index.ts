export { JOB_TOPICS, Outbox, type Jobs, type JobTopic } from './outbox.js';
export { OutboxModule } from './outbox.module.js';
