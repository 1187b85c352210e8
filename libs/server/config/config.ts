import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseStrictJson, PrivateJwk, PublicJwk } from '#domain/manifest';
import { IdentityMap } from './identity-map.js';

const url = (protocols: readonly string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });
/** JSON in a variable. What is wrong with a key is told without the key. */
const jwk = <Key>(schema: z.ZodType<Key>, what: string) =>
  z.string().transform((text, context): Key => {
    const parsed = schema.safeParse(jsonOrNull(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: `must be ${what} as a JWK` });
    return z.NEVER;
  });
const identityMap = z.string().transform((text, context): IdentityMap => {
  const parsed = IdentityMap.safeParse(strictJsonOrNull(text));
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues)
    context.addIssue({ code: 'custom', message: [...path.map(String), message].join(': ') });
  return z.NEVER;
});
const port = z.coerce.number().int().min(0).max(65_535);

/** The one schema of the environment (surface.md, Configuration). Each secret may come as `…_FILE` instead. */
const Environment = z.object({
  AMANA_DATABASE_URL: url(['postgres:', 'postgresql:']),
  AMANA_REDIS_URL: url(['redis:', 'rediss:']).optional(),
  AMANA_STORE: url(['file:', 's3:']),
  AMANA_ISSUER: url(['http:', 'https:']),
  AMANA_PUBLIC_URL: url(['http:', 'https:']),
  AMANA_LOG_ORIGIN: z.string().regex(/^[^\s+]{1,200}$/, 'must be a name without white space or plus signs'),
  AMANA_LOG_KEY: z.string().startsWith('PRIVATE+KEY+', 'must be a signed-note private key').optional(),
  AMANA_LOG_VERIFIER_KEY: z.string().min(1, 'must be a signed-note verifier key').optional(),
  AMANA_LOG_MLDSA_KEY: z.string().startsWith('PRIVATE+KEY+', 'must be a signed-note private key').optional(),
  AMANA_LOG_MLDSA_VERIFIER_KEY: z.string().min(1, 'must be a signed-note verifier key').optional(),
  AMANA_HEAD_STORE: url(['file:', 's3:']).optional(),
  AMANA_WITNESSES: z.string().optional(),
  AMANA_WITNESS_NETWORKS: z.string().optional(),
  AMANA_PROMISE_KEY: z.string().startsWith('PRIVATE+KEY+', 'must be a signed-note private key').optional(),
  AMANA_PROMISE_VERIFIER_KEY: z.string().min(1, 'must be a signed-note verifier key').optional(),
  AMANA_TSA_URL: url(['http:', 'https:']).optional(),
  AMANA_TSA_ROOTS: z
    .string()
    .includes('-----BEGIN CERTIFICATE-----', { error: 'must be certificates in PEM' })
    .optional(),
  AMANA_TSA_POLICIES: z
    .string()
    .regex(/^\d+(\.\d+)+(,\d+(\.\d+)+)*$/, 'must be policies such as 1.2.3, separated by commas')
    .optional(),
  AMANA_TSA_EVERY: z.coerce.number().min(1).max(86_400).default(60),
  AMANA_TSA_RENEW_DAYS: z.coerce.number().min(0).max(3650).default(90),
  AMANA_SEAL_KEY: jwk(PrivateJwk, 'an Ed25519 private key').optional(),
  AMANA_SEAL_VERIFIER_KEY: jwk(PublicJwk, 'an Ed25519 public key').optional(),
  AMANA_PORT: port.default(7400),
  AMANA_OPERATIONS_PORT: port.default(0),
  AMANA_OPERATIONS_HOST: z.string().min(1).max(255).default('127.0.0.1'),
  AMANA_HOST: z.string().min(1).max(255).default('127.0.0.1'),
  AMANA_REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).max(10_000_000).default(60_000),
  AMANA_SCRUB_MIB_PER_SECOND: z.coerce.number().min(0.1).max(10_000).default(16),
  AMANA_RETENTION_DAYS: z.coerce.number().int().min(1).max(36_500).default(3650),
  AMANA_STEP_UP_SECONDS: z.coerce.number().int().min(1).max(43_200).default(900),
  AMANA_STEP_UP_ACR: z
    .string()
    .regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'must be acr values, separated by spaces')
    .optional(),
  AMANA_IDENTITY_MAP: identityMap.optional(),
  AMANA_OFFICE_HOURS: z
    .string()
    .regex(/^([01]\d|2[0-3])-([01]\d|2[0-4])$/, 'must be like 06-22, in UTC')
    .default('05-22'),
});

export interface Config {
  readonly databaseUrl: string;
  readonly redisUrl: string | null;
  readonly store: string;
  readonly issuer: string;
  readonly publicUrl: string;
  readonly logOrigin: string;
  /** Signed-note private key of the log; only the worker holds it. */
  readonly logKey: string | null;
  /** Public half of the log key, as told to clients; who checks pins their own. */
  readonly logVerifierKey: string | null;
  /** ML-DSA-44 key that signs the log's heads beside the first, against quantum computers; only the worker holds it. Null: none does. */
  readonly logMlDsaKey: string | null;
  /** Its public half, as told to clients. */
  readonly logMlDsaVerifierKey: string | null;
  /** Where the last signed head of the log is kept, apart from database and evidence store; only the worker reaches it. */
  readonly headStore: string | null;
  /** Witnesses to have the log cosigned by: `<verifier key> <url>`, separated by commas. */
  readonly witnesses: string | null;
  /** Internal networks in which witnesses may be, as `10.1.0.0/16`, separated by commas; null: none. */
  readonly witnessNetworks: string | null;
  /** Signed-note private key of the promises of inclusion; only the API holds it. */
  readonly promiseKey: string | null;
  /** Its public half, which the worker certifies. */
  readonly promiseVerifierKey: string | null;
  /** RFC 3161 authority that stamps the log's heads and the manifests; null: nothing is stamped. */
  readonly tsaUrl: string | null;
  /** Certificates, PEM, that every token must lead to. */
  readonly tsaRoots: string | null;
  /** Policies of the authority that are accepted, dotted; null: any. */
  readonly tsaPolicies: readonly string[] | null;
  /** A head is stamped at most so often, in seconds. */
  readonly tsaEverySeconds: number;
  /** Timestamps are renewed so long before their certificates expire, in days. */
  readonly tsaRenewDays: number;
  /** With which the platform seals what it has rechecked; only the worker holds it. */
  readonly sealKey: PrivateJwk | null;
  /** Its public half, as told to clients; who checks pins their own. */
  readonly sealVerifierKey: PublicJwk | null;
  readonly port: number;
  readonly operationsPort: number;
  /** Address that health and metrics are served on; not for the public. */
  readonly operationsHost: string;
  /** Address the API listens on. */
  readonly host: string;
  /** What one client address may ask in a minute before it gets 429. */
  readonly requestsPerMinute: number;
  /** Rate at which all that is stored is read again, in MiB a second. */
  readonly scrubMibPerSecond: number;
  /** How long a stored object is locked, in days. */
  readonly retentionDays: number;
  /** What cannot be taken back asks for a sign-in that is no older, in seconds. */
  readonly stepUpSeconds: number;
  /** And by one of these classes of the issuer's (`acr`); empty: any. */
  readonly stepUpAcr: readonly string[];
  /** What claims of the issuer's tokens mean; null: nothing. */
  readonly identityMap: IdentityMap | null;
  /** Hours of the day, UTC, in which access raises no review: [from, to). */
  readonly officeHours: readonly [number, number];
}

/** The environment is not as the schema says; `faults` lists every one. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    super(`configuration refused:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

type Variables = Readonly<Record<string, string | undefined>>;

/** What of the schema an environment gives, each value as it was written. */
export type GivenConfig = Readonly<Partial<Record<keyof typeof Environment.shape, string>>>;

/**
 * What is given, directly or as `…_FILE`: for a launcher that fills in the rest. Empty variables count as absent.
 * @throws ConfigError with every fault at once
 */
export function readGiven(environment: Variables): GivenConfig {
  const { values, faults } = collect(environment);
  const parsed = Environment.partial().safeParse(values);
  faults.push(...faultsIn(parsed, values));
  if (faults.length > 0) throw new ConfigError(faults);
  return values;
}

/** Reads the configuration. Empty variables count as absent. @throws ConfigError with every fault at once */
export function readConfig(environment: Variables): Config {
  const { values, faults } = collect(environment);
  const parsed = Environment.safeParse(values);
  faults.push(...faultsIn(parsed, values));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  const { data } = parsed;
  if (data.AMANA_IDENTITY_MAP && data.AMANA_IDENTITY_MAP.issuer !== data.AMANA_ISSUER)
    throw new ConfigError(['AMANA_IDENTITY_MAP: issuer: must be AMANA_ISSUER, whose tokens alone are taken']);
  const [from = 0, to = 24] = data.AMANA_OFFICE_HOURS.split('-').map(Number);
  return {
    databaseUrl: data.AMANA_DATABASE_URL,
    redisUrl: data.AMANA_REDIS_URL ?? null,
    store: data.AMANA_STORE,
    issuer: data.AMANA_ISSUER,
    publicUrl: data.AMANA_PUBLIC_URL.replace(/\/$/, ''),
    logOrigin: data.AMANA_LOG_ORIGIN,
    logKey: data.AMANA_LOG_KEY ?? null,
    logVerifierKey: data.AMANA_LOG_VERIFIER_KEY ?? null,
    logMlDsaKey: data.AMANA_LOG_MLDSA_KEY ?? null,
    logMlDsaVerifierKey: data.AMANA_LOG_MLDSA_VERIFIER_KEY ?? null,
    headStore: data.AMANA_HEAD_STORE ?? null,
    witnesses: data.AMANA_WITNESSES ?? null,
    witnessNetworks: data.AMANA_WITNESS_NETWORKS ?? null,
    promiseKey: data.AMANA_PROMISE_KEY ?? null,
    promiseVerifierKey: data.AMANA_PROMISE_VERIFIER_KEY ?? null,
    tsaUrl: data.AMANA_TSA_URL ?? null,
    tsaRoots: data.AMANA_TSA_ROOTS ?? null,
    tsaPolicies: data.AMANA_TSA_POLICIES?.split(',') ?? null,
    tsaEverySeconds: data.AMANA_TSA_EVERY,
    tsaRenewDays: data.AMANA_TSA_RENEW_DAYS,
    sealKey: data.AMANA_SEAL_KEY ?? null,
    sealVerifierKey: data.AMANA_SEAL_VERIFIER_KEY ?? null,
    port: data.AMANA_PORT,
    operationsPort: data.AMANA_OPERATIONS_PORT,
    operationsHost: data.AMANA_OPERATIONS_HOST,
    host: data.AMANA_HOST,
    requestsPerMinute: data.AMANA_REQUESTS_PER_MINUTE,
    scrubMibPerSecond: data.AMANA_SCRUB_MIB_PER_SECOND,
    retentionDays: data.AMANA_RETENTION_DAYS,
    stepUpSeconds: data.AMANA_STEP_UP_SECONDS,
    stepUpAcr: data.AMANA_STEP_UP_ACR?.split(' ') ?? [],
    identityMap: data.AMANA_IDENTITY_MAP ?? null,
    officeHours: [from, to],
  };
}

/** The variables of the schema that are given, read from their files where they come so. */
function collect(environment: Variables): { values: Record<string, string>; faults: string[] } {
  const faults: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(Environment.shape)) {
    const direct = environment[name];
    const file = environment[`${name}_FILE`];
    if (direct && file) faults.push(`${name}: given twice, directly and as ${name}_FILE`);
    if (direct) values[name] = direct;
    else if (file) {
      try {
        values[name] = readFileSync(file, 'utf8').trim();
      } catch {
        faults.push(`${name}_FILE: cannot be read`);
      }
    }
  }
  return { values, faults };
}

function faultsIn(parsed: z.ZodSafeParseResult<unknown>, values: Readonly<Record<string, string>>): string[] {
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return `${name}: ${values[name] === undefined ? 'is missing' : message}`;
  });
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Null too where a member stands twice: which of them was meant cannot be known. */
function strictJsonOrNull(text: string): unknown {
  try {
    return parseStrictJson(Buffer.from(text));
  } catch {
    return null;
  }
}
