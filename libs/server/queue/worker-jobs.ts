import { JOB_TOPICS, type JobTopic } from '#server/outbox';
import type { JobProcessor } from './job.js';
import type { JobQueue } from './job-queue.js';

const CONCURRENCY = 4;

/** A process that would leave a kind of job undone, or do it in two ways, does not start. */
export class ProcessorError extends Error {
  override readonly name = 'ProcessorError';
}

/** The processor of each topic. @throws ProcessorError that names every topic with none, or with two */
export function processorsByTopic(processors: readonly JobProcessor[]): Map<JobTopic, JobProcessor> {
  const faults = JOB_TOPICS.flatMap((topic) => {
    const count = processors.filter((processor) => processor.topic === topic).length;
    return count === 1 ? [] : [`${topic} has ${count === 0 ? 'no processor' : `${count} processors`}`];
  });
  for (const { topic } of processors)
    if (!JOB_TOPICS.includes(topic)) faults.push(`${topic} is no topic of the outbox`);
  if (faults.length > 0) throw new ProcessorError(`refusing to start: ${faults.join('; ')}`);
  return new Map(processors.map((processor) => [processor.topic, processor]));
}

/** Lets the processors take jobs from the queue. @throws ProcessorError as `processorsByTopic` */
export function startProcessors(queue: JobQueue, processors: readonly JobProcessor[]): void {
  for (const [topic, processor] of processorsByTopic(processors)) {
    queue.start({
      topic,
      concurrency: processor.concurrency ?? CONCURRENCY,
      run: ({ outboxKey, payload }) => processor.process(payload as never, outboxKey),
    });
  }
}
