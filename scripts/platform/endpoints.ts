import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO_AGENCIES, DEMO_OFFICERS } from './demo-world.js';
import type { Platform } from './launch.js';
import { keystorePath } from './seed.js';

/** Writes `endpoints.json` (surface.md), mode 0600: where everything is while the platform runs. */
export function writeEndpoints(platform: Platform): string {
  const {
    folder,
    publicUrl,
    apiUrl,
    operationsUrl,
    issuer,
    database,
    redisUrl,
    store,
    logOrigin,
    logVerifierKey,
    logMlDsaVerifierKey,
    secrets,
  } = platform;
  const endpoints = {
    portal: publicUrl,
    api: `${apiUrl}/v1`,
    operations: operationsUrl,
    issuer,
    database: database.apiUrl,
    databaseOwner: database.ownerUrl,
    redis: redisUrl,
    store,
    logOrigin,
    logVerifierKey,
    logMlDsaVerifierKey,
    demoOfficers: DEMO_OFFICERS.map(({ email, name, agencyId, roles }) => ({
      email,
      password: secrets.demoPassword,
      name,
      agency: DEMO_AGENCIES.find(({ id }) => id === agencyId)?.name ?? agencyId,
      roles,
      keystore: keystorePath(folder, email),
    })),
  };
  const file = join(folder, 'endpoints.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return file;
}

/** Takes the file away: nothing it names runs any more. */
export function removeEndpoints(folder: string): void {
  rmSync(join(folder, 'endpoints.json'), { force: true });
}
