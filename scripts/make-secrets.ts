// Makes the secrets of an operator's installation, each a file of its own that only its owner reads. What is there is kept.
//   node dist/scripts/make-secrets.js docker/secrets --log-origin custody.example/log/2026a [--database postgres:5432]
//     [--store URL] [--head-store URL]
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { newSigningKey, PrivateJwk, publicJwkOf } from '#domain/manifest';
import { formatSigningKey, formatVerifierKey, parseSigningKey } from '#domain/merkle';

const usage = 'usage: make-secrets FOLDER --log-origin NAME [--database HOST:PORT] [--store URL] [--head-store URL]';
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    'log-origin': { type: 'string' },
    database: { type: 'string', default: 'postgres:5432' },
    store: { type: 'string', default: 'file:///var/lib/amana/store' },
    'head-store': { type: 'string', default: 'file:///var/lib/amana-heads' },
  },
});
const [folder, ...rest] = positionals;
const origin = values['log-origin'];
if (folder === undefined || rest.length > 0 || origin === undefined) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
const secrets = resolve(folder);
mkdirSync(secrets, { recursive: true, mode: 0o700 });

const password = () => randomBytes(24).toString('base64url');
const urlOf = (user: string, secret: string) => `postgres://${user}:${secret}@${values.database}/amana`;
keep('owner_url', urlOf('amana_owner', keep('owner_password', password())));
keep('api_url', urlOf('amana_api', keep('api_password', password())));
keep('worker_url', urlOf('amana_worker_login', keep('worker_password', password())));
keep('store', values.store);
keep('head_store', values['head-store']);
const logKey = parseSigningKey(keep('log_key', formatSigningKey(origin, 'ed25519', randomBytes(32))));
if (logKey.verifier.name !== origin) {
  process.stderr.write(`make-secrets: the log key in ${secrets} is of ${logKey.verifier.name}, not of ${origin}\n`);
  process.exit(1);
}
const mlDsaKey = parseSigningKey(keep('log_mldsa_key', formatSigningKey(origin, 'ml-dsa-44', randomBytes(32))));
const promiseKey = parseSigningKey(
  keep('promise_key', formatSigningKey(`${origin}/promise`, 'ed25519', randomBytes(32))),
);
const sealKey = PrivateJwk.parse(JSON.parse(keep('seal_key', JSON.stringify(await newSigningKey()))));

// The public halves, as the API tells them to clients: fit to be put into an environment file.
process.stdout.write(
  [
    `AMANA_LOG_ORIGIN=${origin}\n`,
    `AMANA_LOG_VERIFIER_KEY=${formatVerifierKey(logKey.verifier)}\n`,
    `AMANA_LOG_MLDSA_VERIFIER_KEY=${formatVerifierKey(mlDsaKey.verifier)}\n`,
    `AMANA_PROMISE_VERIFIER_KEY=${formatVerifierKey(promiseKey.verifier)}\n`,
    `AMANA_SEAL_VERIFIER_KEY=${JSON.stringify(publicJwkOf(sealKey))}\n`,
  ].join(''),
);

/** The secret of this name: what is there, else this one, written down. */
function keep(name: string, fresh: string): string {
  const file = join(secrets, name);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  writeFileSync(file, `${fresh}\n`, { mode: 0o600, flag: 'wx', flush: true });
  return fresh;
}
