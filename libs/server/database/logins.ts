import { ownerSource } from './migrate.js';

/** A login made for a process: a member of `amana_app` (the API) or `amana_worker` (the worker), bound by row-level security. */
export interface Login {
  readonly user: string;
  readonly password: string;
  readonly memberOf: 'amana_app' | 'amana_worker';
}

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const PASSWORD = /^[A-Za-z0-9_-]{20,200}$/;

/**
 * Makes the logins, or gives existing ones this password. The owner needs CREATEROLE.
 * @throws RangeError for a name or password outside a strict alphabet: utility statements take no parameters
 */
export async function makeLogins(ownerUrl: string, logins: readonly Login[]): Promise<void> {
  for (const { user, password } of logins) {
    if (!NAME.test(user) || !PASSWORD.test(password)) throw new RangeError(`not a login name and password: ${user}`);
  }
  const source = await ownerSource(ownerUrl).initialize();
  try {
    for (const { user, password, memberOf } of logins) {
      const [found] = await source.query<unknown[]>(`SELECT FROM pg_roles WHERE rolname = $1`, [user]);
      // An existing login keeps its attributes: only a superuser may name those again.
      await source.query(
        found
          ? `ALTER ROLE ${user} PASSWORD '${password}'`
          : `CREATE ROLE ${user} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE INHERIT PASSWORD '${password}'`,
      );
      await source.query(`GRANT ${memberOf} TO ${user}`);
    }
  } finally {
    await source.destroy();
  }
}

/** The URL of the same database for another login. */
export function urlFor(ownerUrl: string, login: Login): string {
  const url = new URL(ownerUrl);
  url.username = login.user;
  url.password = login.password;
  return url.href;
}
