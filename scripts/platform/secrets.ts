import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newSigningKey, publicJwkOf, type PrivateJwk, type PublicJwk } from '#domain/manifest';
import { formatSigningKey, formatVerifierKey, parseSigningKey } from '#domain/merkle';

/** What one installation keeps to itself, made at its first start: in a folder that only its user reads. */
export interface Secrets {
  readonly ownerPassword: string;
  readonly apiPassword: string;
  readonly workerPassword: string;
  readonly demoPassword: string;
  /** Signed-note private key of the log. */
  readonly logKey: string;
  /** Private key of the platform's seal. */
  readonly sealKey: PrivateJwk;
}

/** Reads the installation's secrets, or makes them. A crash in between leaves none: the file appears whole. */
export async function openSecrets(folder: string, logOrigin: string): Promise<Secrets> {
  const file = join(folder, 'secrets.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const secrets: Secrets = {
    ownerPassword: randomBytes(24).toString('base64url'),
    apiPassword: randomBytes(24).toString('base64url'),
    workerPassword: randomBytes(24).toString('base64url'),
    demoPassword: `demo-${randomBytes(9).toString('base64url')}`,
    logKey: formatSigningKey(logOrigin, 'ed25519', randomBytes(32)),
    sealKey: await newSigningKey(),
  };
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  return secrets;
}

/** Public half of the log key, as C2SP signed-note prints it. */
export function logVerifierKeyOf({ logKey }: Secrets): string {
  return formatVerifierKey(parseSigningKey(logKey).verifier);
}

export function sealVerifierKeyOf({ sealKey }: Secrets): PublicJwk {
  return publicJwkOf(sealKey);
}
