import {
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  Optional,
  type BeforeApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { CONFIG, type Config } from '#server/config';
import { Database } from '#server/database';
import { Readiness } from '#server/operations';
import { postgresQueue, type QueueErrorListener, redisQueue } from './bull-queue.js';
import { JOB_PROCESSORS, type JobProcessor } from './job.js';
import type { JobQueue } from './job-queue.js';
import { OutboxDispatcher } from './outbox-dispatcher.js';
import { processorsByTopic, startProcessors } from './worker-jobs.js';

/** Injection token of the process's JobQueue. */
const JOB_QUEUE = Symbol('JobQueue');

/** The queue of a worker, fed from the outbox: in Redis where one is configured, else in PostgreSQL. */
@Module({})
export class QueueModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('queue');
  private readonly stopping = new AbortController();
  private dispatching: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(JOB_PROCESSORS) private readonly processors: readonly JobProcessor[],
    @Optional() private readonly readiness?: Readiness,
  ) {
    processorsByTopic(processors);
  }

  /** @param imports where the processors find what they need */
  static withProcessors(
    processors: readonly Type<JobProcessor>[],
    imports: NonNullable<ModuleMetadata['imports']> = [],
  ): DynamicModule {
    return {
      module: QueueModule,
      imports,
      providers: [
        ...processors,
        { provide: JOB_PROCESSORS, inject: [...processors], useFactory: (...all: JobProcessor[]) => all },
        { provide: JOB_QUEUE, inject: [CONFIG], useFactory: openQueue },
      ],
      exports: [JOB_QUEUE],
    };
  }

  onApplicationBootstrap(): void {
    this.readiness?.add('queue', () => this.queue.ping());
    startProcessors(this.queue, this.processors);
    const dispatcher = new OutboxDispatcher(this.database, this.queue, (error) => this.log.warn(String(error)));
    this.dispatching = dispatcher.run(this.stopping.signal);
  }

  /** Before the connections that the work in progress still needs are closed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.dispatching;
    await this.queue.close();
  }
}

function openQueue({ databaseUrl, redisUrl }: Config): JobQueue {
  const log = new Logger('queue');
  const onError: QueueErrorListener = (error, outboxKey) =>
    log.warn(outboxKey === null ? error.message : `${outboxKey}: ${error.stack ?? error.message}`);
  return redisUrl === null ? postgresQueue(databaseUrl, onError) : redisQueue(redisUrl, onError);
}
