import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Counter, Gauge, type Registry } from 'prom-client';
import { parseSigningKey, parseVerifierKey, ProofError, type SigningKey, type VerifierKey } from '#domain/merkle';
import { CONFIG, type Config, ConfigError } from '#server/config';
import {
  connectLogSession,
  guardedFetch,
  type HeadStore,
  headStoreFrom,
  keepPromiseKey,
  LogError,
  LogOffice,
  type LogObserver,
  parseWitnesses,
  recordLogKey,
  type WitnessAddress,
  WitnessDriver,
  WitnessList,
  WitnessNetwork,
} from '#server/custody';
import { Database } from '#server/database';
import { METRICS, Readiness } from '#server/operations';
import { EvidenceStore } from '#server/storage';
import { LogAlarms } from './log-alarms.js';

/** Stands for the office of the custody log for as long as this worker runs. */
@Injectable()
export class LogKeeper implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('custody-log');
  private readonly stopping = new AbortController();
  private readonly key: SigningKey;
  private readonly mlDsaKey: SigningKey | null;
  private readonly witnesses: readonly WitnessAddress[];
  private readonly witnessNetwork: WitnessNetwork;
  private readonly promiseKey: VerifierKey | null;
  private heads: HeadStore | null = null;
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
    private readonly database: Database,
    private readonly alarms: LogAlarms,
  ) {
    this.key = logKeyOf(config);
    this.mlDsaKey = mlDsaKeyOf(config);
    this.witnessNetwork = witnessNetworkOf(config);
    this.witnesses = witnessesOf(config, this.witnessNetwork);
    this.promiseKey = promiseKeyOf(config);
    if (config.headStore === null)
      throw new ConfigError(['AMANA_HEAD_STORE: is missing; the worker keeps the last signed head of the log there']);
  }

  onModuleInit(): void {
    this.readiness.add('custody-log', () =>
      this.refused ? Promise.reject(new Error('the log refuses to go on')) : Promise.resolve(),
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    this.heads = await headStoreFrom(this.config.headStore ?? '');
    await new WitnessList(this.database).seed(this.witnesses);
    if (this.mlDsaKey) await recordLogKey(this.database, this.mlDsaKey.verifier);
    if (this.promiseKey) await keepPromiseKey(this.database, this.promiseKey, this.key);
    const office = new LogOffice({
      connect: () => connectLogSession(this.config.databaseUrl),
      store: this.store,
      key: this.key,
      moreKeys: this.mlDsaKey ? [this.mlDsaKey] : [],
      heads: this.heads,
      witnesses: this.driver(),
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
    await this.heads?.close();
  }

  private driver(): WitnessDriver {
    const registers = [this.metrics];
    const labelNames = ['witness'] as const;
    const size = new Gauge({ name: 'amana_log_witness_size', help: 'Entries cosigned', labelNames, registers });
    const faults = new Counter({
      name: 'amana_log_witness_faults_total',
      help: 'Attempts that brought no cosignature',
      ...{ labelNames, registers },
    });
    return new WitnessDriver({
      key: this.key.verifier,
      fetch: guardedFetch(this.witnessNetwork),
      observer: {
        cosigned: (witness, entries) => size.set({ witness }, entries),
        hindered: (witness, why) => {
          faults.inc({ witness });
          this.log.warn(`witness ${witness}: ${why}`);
        },
      },
      onConflict: (words) => this.alarms.raise('log-contradicted', words),
    });
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

/** @throws ConfigError */
function witnessesOf({ witnesses }: Config, network: WitnessNetwork): WitnessAddress[] {
  try {
    const addresses = parseWitnesses(witnesses ?? '');
    for (const { url } of addresses) network.requireMayBeAt(url);
    return addresses;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigError([`AMANA_WITNESSES: ${error.message}`]);
  }
}

/** @throws ConfigError */
function witnessNetworkOf({ witnessNetworks }: Config): WitnessNetwork {
  try {
    return WitnessNetwork.of(witnessNetworks);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigError([`AMANA_WITNESS_NETWORKS: ${error.message}`]);
  }
}

/** @throws ConfigError */
function promiseKeyOf({ promiseVerifierKey }: Config): VerifierKey | null {
  try {
    return promiseVerifierKey === null ? null : parseVerifierKey(promiseVerifierKey);
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    throw new ConfigError([`AMANA_PROMISE_VERIFIER_KEY: ${error.message}`]);
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

/** @throws ConfigError for one that is not of the log's name and of ML-DSA-44 */
function mlDsaKeyOf({ logMlDsaKey, logOrigin }: Config): SigningKey | null {
  if (logMlDsaKey === null) return null;
  try {
    const key = parseSigningKey(logMlDsaKey);
    if (key.verifier.name === logOrigin && key.verifier.type === 'ml-dsa-44') return key;
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
  }
  throw new ConfigError(['AMANA_LOG_MLDSA_KEY: is not an ML-DSA-44 key of the name that AMANA_LOG_ORIGIN gives']);
}
