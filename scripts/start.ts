// The whole platform on embedded defaults, or on the services that the environment names. Ctrl-C stops all that it started.
import { resolve } from 'node:path';
import { DEMO_AGENCIES, DEMO_OFFICERS } from './platform/demo-world.js';
import { removeEndpoints, writeEndpoints } from './platform/endpoints.js';
import { launch } from './platform/launch.js';
import { seedDemo } from './platform/seed.js';

const folder = resolve(process.env.AMANA_FOLDER ?? '.amana');
const say = (line = '') => process.stdout.write(`${line}\n`);

const began = performance.now();
const {
  AMANA_DATABASE_URL: ownerUrl,
  AMANA_REDIS_URL: redisUrl,
  AMANA_STORE: store,
  AMANA_ISSUER: issuer,
} = process.env;
const platform = await launch({ folder, ownerUrl, redisUrl, store, issuer }).catch((error: unknown) => {
  process.stderr.write(`npm start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
const stopped = stopOnSignal();
if (issuer === undefined) {
  await seedDemo(platform).catch(async (error: unknown) => {
    await platform.stop();
    throw error;
  });
}
const endpoints = writeEndpoints(platform);

say(`Amana is up (${((performance.now() - began) / 1000).toFixed(1)} s)`);
say();
say(`  API      ${platform.publicUrl}/v1   described at ${platform.publicUrl}/openapi.json`);
say(`  log      ${platform.publicUrl}/log/checkpoint   ${platform.logVerifierKey}`);
say(`  issuer   ${platform.issuer}`);
say();
if (issuer === undefined) {
  say(`  Demo logins, password ${platform.secrets.demoPassword}`);
  for (const { email, agencyId, roles } of DEMO_OFFICERS) {
    const agency = DEMO_AGENCIES.find(({ id }) => id === agencyId);
    say(`    ${email.padEnd(38)} ${`${agency?.name ?? ''} (${agency?.state ?? ''})`.padEnd(36)} ${roles.join(', ')}`);
  }
  say();
}
say(`  Try: npx amana login --email ${DEMO_OFFICERS[1]?.email ?? ''}`);
say(`  Scripts find everything in ${endpoints}`);
say('  Ctrl-C stops everything that was started here.');
await stopped;

function stopOnSignal(): Promise<void> {
  return new Promise((done, fail) => {
    let stopping = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (stopping) return;
        stopping = true;
        say('\nstopping …');
        removeEndpoints(folder);
        platform.stop().then(done, fail);
      });
    }
  });
}
