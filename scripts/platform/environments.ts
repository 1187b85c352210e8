import type { GivenConfig } from '#server/config';
import type { PlatformDatabase } from './database.js';
import type { Ports } from './ports.js';
import {
  logMlDsaVerifierKeyOf,
  logOriginOf,
  logVerifierKeyOf,
  promiseKeysOf,
  type Secrets,
  sealVerifierKeyOf,
} from './secrets.js';

export interface EnvironmentParts {
  readonly given: GivenConfig;
  readonly secrets: Secrets;
  readonly database: Pick<PlatformDatabase, 'apiUrl' | 'workerUrl'>;
  readonly ports: Ports;
  readonly publicUrl: string;
  readonly store: string;
  /** Where the last signed head is kept: outside database and store. */
  readonly headStore: string;
  readonly issuer: string;
  /** The embedded timestamp authority, where it was started. */
  readonly tsa: { readonly url: string; readonly roots: string } | undefined;
  /** As AMANA_WITNESSES has them; empty for none. */
  readonly witnesses: string;
  readonly redisUrl: string | undefined;
  /** Goes before everything else. */
  readonly more: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string>>;

/** What each process of a platform is told. Each has only the keys and the database role that it needs. */
export function environmentsOf(parts: EnvironmentParts): { api: Environment; worker: Environment } {
  const { given, secrets, database, ports, more } = parts;
  const { AMANA_HOST, AMANA_OPERATIONS_HOST, AMANA_REQUESTS_PER_MINUTE, AMANA_RETENTION_DAYS, AMANA_OFFICE_HOURS } =
    given;
  const { AMANA_SCRUB_MIB_PER_SECOND, AMANA_STEP_UP_SECONDS, AMANA_STEP_UP_ACR } = given;
  const promise = promiseKeysOf(secrets);
  const timestamps = timestampsOf(parts);
  const shared = {
    ...present({
      AMANA_HOST,
      AMANA_OPERATIONS_HOST,
      AMANA_REQUESTS_PER_MINUTE,
      AMANA_SCRUB_MIB_PER_SECOND,
      AMANA_RETENTION_DAYS,
      AMANA_OFFICE_HOURS,
      AMANA_STEP_UP_SECONDS,
      AMANA_STEP_UP_ACR,
    }),
    ...present({ AMANA_REDIS_URL: parts.redisUrl }),
    AMANA_STORE: parts.store,
    AMANA_ISSUER: parts.issuer,
    AMANA_PUBLIC_URL: parts.publicUrl,
    AMANA_LOG_ORIGIN: logOriginOf(secrets),
    AMANA_LOG_VERIFIER_KEY: logVerifierKeyOf(secrets),
    ...present({ AMANA_LOG_MLDSA_VERIFIER_KEY: logMlDsaVerifierKeyOf(secrets) ?? undefined }),
    AMANA_SEAL_VERIFIER_KEY: JSON.stringify(sealVerifierKeyOf(secrets)),
  };
  return {
    api: {
      ...shared,
      AMANA_DATABASE_URL: database.apiUrl,
      ...present({ AMANA_TSA_ROOTS: timestamps.AMANA_TSA_ROOTS }),
      AMANA_PROMISE_KEY: given.AMANA_PROMISE_KEY ?? promise.key,
      AMANA_PORT: String(ports.api),
      AMANA_OPERATIONS_PORT: String(ports.apiOperations),
      ...more,
    },
    worker: {
      ...shared,
      AMANA_DATABASE_URL: database.workerUrl,
      AMANA_LOG_KEY: secrets.logKey,
      ...present({ AMANA_LOG_MLDSA_KEY: secrets.logMlDsaKey ?? undefined }),
      AMANA_SEAL_KEY: JSON.stringify(secrets.sealKey),
      AMANA_HEAD_STORE: parts.headStore,
      AMANA_PROMISE_VERIFIER_KEY: given.AMANA_PROMISE_VERIFIER_KEY ?? promise.verifierKey,
      ...timestamps,
      ...present({ AMANA_WITNESSES: parts.witnesses || undefined }),
      // The embedded witnesses are on this machine.
      ...present({
        AMANA_WITNESS_NETWORKS: given.AMANA_WITNESS_NETWORKS ?? (given.AMANA_WITNESSES ? undefined : '127.0.0.0/8'),
      }),
      AMANA_OPERATIONS_PORT: String(ports.workerOperations),
      ...more,
    },
  };
}

/** The embedded authority costs nothing: who makes a package does not wait for the next head to be stamped. */
const EMBEDDED_EVERY_SECONDS = '2';

/** Of the authority that the environment names, else of the embedded one. */
function timestampsOf({ given, tsa }: EnvironmentParts): Record<string, string> {
  const { AMANA_TSA_URL, AMANA_TSA_ROOTS, AMANA_TSA_POLICIES, AMANA_TSA_EVERY, AMANA_TSA_RENEW_DAYS } = given;
  return present({
    AMANA_TSA_URL: AMANA_TSA_URL ?? tsa?.url,
    AMANA_TSA_ROOTS: AMANA_TSA_ROOTS ?? tsa?.roots,
    AMANA_TSA_EVERY: AMANA_TSA_EVERY ?? (AMANA_TSA_URL === undefined && tsa ? EMBEDDED_EVERY_SECONDS : undefined),
    ...{ AMANA_TSA_POLICIES, AMANA_TSA_RENEW_DAYS },
  });
}

function present(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
