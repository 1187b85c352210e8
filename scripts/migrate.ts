// Brings an operator's database up to date and gives the two restricted logins their passwords.
import { readFileSync } from 'node:fs';
import { makeLogins, migrate } from '#server/database';

function secret(name: string): string {
  const file = process.env[`${name}_FILE`];
  const value = file ? readFileSync(file, 'utf8').trim() : process.env[name];
  if (!value) throw new Error(`${name} or ${name}_FILE is needed`);
  return value;
}

const ownerUrl = secret('AMANA_DATABASE_URL');
await migrate(ownerUrl);
await makeLogins(ownerUrl, [
  { user: 'amana_api', password: secret('AMANA_API_PASSWORD'), memberOf: 'amana_app' },
  { user: 'amana_worker_login', password: secret('AMANA_WORKER_PASSWORD'), memberOf: 'amana_worker' },
]);
