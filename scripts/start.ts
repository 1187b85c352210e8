// The whole platform on embedded defaults, or on the services that the environment names. Ctrl-C stops all that it started.
import { resolve } from 'node:path';
import { ConfigError, type GivenConfig, readGiven } from '#server/config';
import { DEMO_AGENCIES, DEMO_OFFICERS } from './platform/demo-world.js';
import { removeEndpoints, writeEndpoints } from './platform/endpoints.js';
import { launch, type Platform } from './platform/launch.js';
import { seedDemo } from './platform/seed.js';
import { supervise } from './platform/supervise.js';
import { DEMO_WITNESSES } from './platform/witnesses.js';

const folder = resolve(process.env.AMANA_FOLDER ?? '.amana');
const say = (line = '') => process.stdout.write(`${line}\n`);
const complain = (line: string) => process.stderr.write(`npm start: ${line}\n`);

const began = performance.now();
removeEndpoints(folder);
const stopAsked = signal();
const given = settings();
const platform = await up().catch((error: unknown) => {
  complain(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
const supervision = supervise(platform.parts, complain);
announce(platform);
const why = await Promise.race([stopAsked, supervision.gaveUp]);
supervision.end();
removeEndpoints(folder);
if (why === null) say('\nstopping …');
await platform.stop();
if (why !== null)
  complain(`${why}; everything is stopped. Its log is in ${folder}/logs, ${folder}/postgres or ${folder}/issuer`);
// A part that was just being started again is on a leash, and ends with us.
process.exit(why === null ? 0 : 1);

function settings(): GivenConfig {
  try {
    return readGiven(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complain(error.message);
    process.exit(1);
  }
}

/** Launched and peopled. A signal on the way ends this process, and with it what it has started: all of it is on a leash. */
async function up(): Promise<Platform> {
  const launched = await Promise.race([
    launch({
      ...{ folder, given, witnesses: DEMO_WITNESSES, timestamps: true },
      ownerUrl: given.AMANA_DATABASE_URL,
      redisUrl: given.AMANA_REDIS_URL,
      store: given.AMANA_STORE,
      issuer: given.AMANA_ISSUER,
    }),
    stopAsked,
  ]);
  if (launched === null) process.exit(130);
  if (given.AMANA_ISSUER !== undefined) return launched;
  try {
    await seedDemo(launched);
    return launched;
  } catch (error) {
    await launched.stop();
    throw error;
  }
}

function announce({ publicUrl, apiUrl, logVerifierKey, issuer, secrets }: Platform): void {
  const endpoints = writeEndpoints(platform);
  say(`Amana is up (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  say();
  say(`  portal   ${publicUrl}/`);
  say(`  API      ${apiUrl}/v1   described at ${apiUrl}/openapi.json`);
  say(`  log      ${publicUrl}/log/checkpoint   ${logVerifierKey}`);
  say(`  issuer   ${issuer}`);
  say();
  if (given.AMANA_ISSUER === undefined) {
    say(`  Demo logins, password ${secrets.demoPassword}`);
    for (const { email, agencyId, roles } of DEMO_OFFICERS) {
      const agency = DEMO_AGENCIES.find(({ id }) => id === agencyId);
      say(`    ${email.padEnd(38)} ${`${agency?.name ?? ''} (${agency?.state ?? ''})`.padEnd(36)} ${roles.join(', ')}`);
    }
    say();
    say(`  Try: npx amana login --email ${DEMO_OFFICERS[1]?.email ?? ''}`);
  }
  say(`  Scripts find everything in ${endpoints}`);
  say('  Ctrl-C stops everything that was started here.');
}

function signal(): Promise<null> {
  return new Promise((done) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => done(null));
  });
}
