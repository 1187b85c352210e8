// Brings an operator's database up to date and gives the two restricted logins their passwords.
import { readFileSync } from 'node:fs';
import { makeLogins, migrate } from '#server/database';

try {
  const ownerUrl = secret('AMANA_DATABASE_URL');
  const [apiPassword, workerPassword] = [secret('AMANA_API_PASSWORD'), secret('AMANA_WORKER_PASSWORD')];
  await migrate(ownerUrl);
  await makeLogins(ownerUrl, [
    { user: 'amana_api', password: apiPassword, memberOf: 'amana_app' },
    { user: 'amana_worker_login', password: workerPassword, memberOf: 'amana_worker' },
  ]);
} catch (error) {
  process.stderr.write(`migrate: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function secret(name: string): string {
  const file = process.env[`${name}_FILE`];
  const value = file ? readFileSync(file, 'utf8').trim() : process.env[name];
  if (!value) throw new Error(`${name} or ${name}_FILE is needed`);
  return value;
}
