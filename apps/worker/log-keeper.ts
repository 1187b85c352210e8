import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Counter, Gauge, type Registry } from 'prom-client';
import { parseSigningKey, type SigningKey } from '#domain/merkle';
import { CONFIG, type Config, ConfigError } from '#server/config';
import { connectLogSession, LogError, LogOffice, type LogObserver } from '#server/custody';
import { METRICS, Readiness } from '#server/operations';
import { EvidenceStore } from '#server/storage';

/** Stands for the office of the custody log for as long as this worker runs. */
@Injectable()
export class LogKeeper implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('custody-log');
  private readonly stopping = new AbortController();
  private readonly key: SigningKey;
  private running: Promise<void> = Promise.resolve();
  private refused = false;
  private refuse: (reason: LogError) => void = () => undefined;
  /** Resolves when the log refuses to go on: the process must then end, and an operator look. */
  readonly refusal = new Promise<LogError>((resolve) => {
    this.refuse = resolve;
  });

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(EvidenceStore) private readonly store: EvidenceStore,
    @Inject(METRICS) private readonly metrics: Registry,
    private readonly readiness: Readiness,
  ) {
    this.key = logKeyOf(config);
  }

  onModuleInit(): void {
    this.readiness.add('custody-log', () =>
      this.refused ? Promise.reject(new Error('the log refuses to go on')) : Promise.resolve(),
    );
  }

  onApplicationBootstrap(): void {
    const office = new LogOffice({
      connect: () => connectLogSession(this.config.databaseUrl),
      store: this.store,
      key: this.key,
      observer: this.observer(),
    });
    this.running = office.run(this.stopping.signal).catch((error: unknown) => {
      if (!(error instanceof LogError)) throw error;
      this.refused = true;
      this.log.fatal(`${error.code}: ${error.message}`);
      this.refuse(error);
    });
  }

  /** Before the connections that the work in progress still needs are closed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private observer(): LogObserver {
    const registers = [this.metrics];
    const epoch = new Gauge({ name: 'amana_log_epoch', help: 'Epoch of the office last held here', registers });
    const size = new Gauge({ name: 'amana_log_size', help: 'Entries that have their index', registers });
    const published = new Gauge({
      name: 'amana_log_published_size',
      help: 'Entries under a published head',
      registers,
    });
    const hindrances = new Counter({
      name: 'amana_log_hindrances_total',
      help: 'Attempts that are made again',
      registers,
    });
    return {
      tookOffice: (taken) => {
        epoch.set(taken);
        this.log.log(`took office, epoch ${taken}`);
      },
      sequenced: (_, total) => size.set(total),
      published: (head) => published.set(head.size),
      hindered: (error) => {
        hindrances.inc();
        this.log.warn(error instanceof Error ? error.message : 'hindered');
      },
    };
  }
}

/** @throws ConfigError when the worker has no log key, or one of another name than the origin */
function logKeyOf({ logKey, logOrigin }: Config): SigningKey {
  if (logKey === null) throw new ConfigError(['AMANA_LOG_KEY: is missing; the worker signs the log']);
  const key = parseSigningKey(logKey);
  if (key.verifier.name !== logOrigin || key.verifier.type !== 'ed25519') {
    throw new ConfigError([`AMANA_LOG_KEY: is not an Ed25519 key of the name that AMANA_LOG_ORIGIN gives`]);
  }
  return key;
}
