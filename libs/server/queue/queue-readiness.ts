import { Inject, Injectable, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { CONFIG, type Config } from '#server/config';
import { Database } from '#server/database';
import { Readiness } from '#server/operations';

/**
 * Tells whether the queue answers, in a process that only asks for jobs: through the outbox, so that it can do without the queue
 * for as long as that is away.
 */
@Injectable()
class QueueReadiness implements OnModuleInit, OnApplicationShutdown {
  private readonly redis: Redis | null;

  constructor(
    @Inject(CONFIG) { redisUrl }: Config,
    private readonly database: Database,
    private readonly readiness: Readiness,
  ) {
    this.redis = redisUrl === null ? null : new Redis(redisUrl, { lazyConnect: true, maxRetriesPerRequest: 0 });
    // Told by every ping; without a listener it would be printed.
    this.redis?.on('error', () => undefined);
  }

  onModuleInit(): void {
    const { redis, database } = this;
    const ping = async () => {
      await (redis === null ? database.query('SELECT') : redis.ping());
    };
    this.readiness.add('queue', ping, { needed: false });
  }

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }
}

@Module({ providers: [QueueReadiness] })
export class QueueReadinessModule {}
