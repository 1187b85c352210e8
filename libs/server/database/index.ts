export { afterCommit, Database, sqlStateOf, UNIQUE_VIOLATION, type Transaction } from './database.js';
export { DatabaseModule } from './database.module.js';
export { makeLogins, urlFor, type Login } from './logins.js';
export { migrate, ownerSource } from './migrate.js';
export { readPage } from './page.js';
