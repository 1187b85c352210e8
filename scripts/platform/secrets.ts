import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newSigningKey, PrivateJwk, publicJwkOf, type PublicJwk } from '#domain/manifest';
import { formatSigningKey, formatVerifierKey, parseSigningKey, signingKey } from '#domain/merkle';

/** What one installation keeps to itself, made at its first start: in a folder that only its user reads. */
export interface Secrets {
  readonly ownerPassword: string;
  readonly apiPassword: string;
  readonly workerPassword: string;
  readonly demoPassword: string;
  /** Signed-note private key of the log. */
  readonly logKey: string;
  /** A second key of the log, of ML-DSA-44; null where the log's first key is given without one. */
  readonly logMlDsaKey: string | null;
  /** Private key of the platform's seal. */
  readonly sealKey: PrivateJwk;
}

/** What the environment says of keys; the rest is made here. */
export interface GivenKeys {
  readonly logOrigin?: string | undefined;
  readonly logKey?: string | undefined;
  readonly logMlDsaKey?: string | undefined;
  readonly sealKey?: string | undefined;
}

const LOG_ORIGIN = 'amana.example/log/2026a';

/**
 * Reads the installation's secrets, or makes them. A crash in between leaves none: the file appears whole. Keys that are given
 * are used in place of its own and are not kept.
 * @throws Error when the log key is of another name than the log
 */
export async function openSecrets(folder: string, given: GivenKeys = {}): Promise<Secrets> {
  const kept = await keptSecrets(folder, given.logOrigin ?? LOG_ORIGIN);
  const secrets: Secrets = {
    ...kept,
    ...(given.logKey !== undefined && { logKey: given.logKey, logMlDsaKey: null }),
    ...(given.logMlDsaKey !== undefined && { logMlDsaKey: given.logMlDsaKey }),
    ...(given.sealKey !== undefined && { sealKey: PrivateJwk.parse(JSON.parse(given.sealKey)) }),
  };
  const name = logOriginOf(secrets);
  if (given.logOrigin !== undefined && given.logOrigin !== name) {
    const whose = given.logKey === undefined ? `the key of the log in ${folder}` : 'AMANA_LOG_KEY';
    throw new Error(
      `${whose} is of ${name}, and AMANA_LOG_ORIGIN says ${given.logOrigin}: give that log's key, or start in another folder`,
    );
  }
  return secrets;
}

async function keptSecrets(folder: string, logOrigin: string): Promise<Secrets> {
  const file = join(folder, 'secrets.json');
  if (existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Secrets;
    // Of an installation that was made before its log had a second key: it gets one.
    return kept.logMlDsaKey ? kept : write(file, { ...kept, logMlDsaKey: newMlDsaKey(logOriginOf(kept)) });
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const secrets: Secrets = {
    ownerPassword: randomBytes(24).toString('base64url'),
    apiPassword: randomBytes(24).toString('base64url'),
    workerPassword: randomBytes(24).toString('base64url'),
    demoPassword: `demo-${randomBytes(9).toString('base64url')}`,
    logKey: formatSigningKey(logOrigin, 'ed25519', randomBytes(32)),
    logMlDsaKey: newMlDsaKey(logOrigin),
    sealKey: await newSigningKey(),
  };
  return write(file, secrets);
}

const newMlDsaKey = (logOrigin: string) => formatSigningKey(logOrigin, 'ml-dsa-44', randomBytes(32));

function write(file: string, secrets: Secrets): Secrets {
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  return secrets;
}

/** The log's name: that of its key. */
export function logOriginOf({ logKey }: Pick<Secrets, 'logKey'>): string {
  return parseSigningKey(logKey).verifier.name;
}

/** Public half of the log key, as C2SP signed-note prints it. */
export function logVerifierKeyOf({ logKey }: Secrets): string {
  return formatVerifierKey(parseSigningKey(logKey).verifier);
}

/** Public half of the log's second key; null where it has none. */
export function logMlDsaVerifierKeyOf({ logMlDsaKey }: Secrets): string | null {
  return logMlDsaKey === null ? null : formatVerifierKey(parseSigningKey(logMlDsaKey).verifier);
}

/** Keys of the promises of inclusion: out of the log's own, which they tell nothing of, so that none has to be kept beside it. */
export function promiseKeysOf({ logKey }: Pick<Secrets, 'logKey'>): { key: string; verifierKey: string } {
  const seed = createHmac('sha256', logKey).update('amana-promise-key/v1').digest();
  const name = `${logOriginOf({ logKey })}/promise`;
  return {
    key: formatSigningKey(name, 'ed25519', seed),
    verifierKey: formatVerifierKey(signingKey(name, 'ed25519', seed).verifier),
  };
}

export function sealVerifierKeyOf({ sealKey }: Secrets): PublicJwk {
  return publicJwkOf(sealKey);
}
