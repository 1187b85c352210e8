// Runs once, before the tests: a broker that starts a service when the first test asks for it and keeps it for the whole run,
// so that tests which need none wait for none. The services end with this process, however it ends.
import { chmodSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { randomBytes } from 'node:crypto';
import { build, planBuild } from '../../scripts/verbs/build-tree.mjs';
import { withLock } from '../../scripts/verbs/lock.mjs';

const root = new URL('../..', import.meta.url).pathname;

export default async function globalSetup() {
  const folder = mkdtempSync(join(tmpdir(), 'amana-test-'));
  // PostgreSQL may run as another user than we are, and must be able to walk in.
  chmodSync(folder, 0o711);
  const running = new Map();
  const starters = {
    // No service: dist/ brought up to the sources, for tests that run the programs themselves.
    build: async () => {
      await builtModule('scripts/services/checkout.js');
      return { answer: 'built', stop: async () => {} };
    },
    postgres: async () => {
      const { startEmbeddedPostgres } = await builtModule('scripts/services/embedded-postgres.js');
      const server = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), durable: false });
      return { answer: server.superuserUrl, stop: () => server.stop() };
    },
    redis: async () => {
      const { startRedis } = await builtModule('scripts/services/redis.js');
      const server = await startRedis({ folder: join(folder, 'redis') });
      return { answer: server.url, stop: () => server.stop() };
    },
  };
  const secret = randomBytes(16).toString('hex');
  const broker = createServer((request, response) => {
    const [, given, name = ''] = (request.url ?? '').split('/');
    if (given !== secret || !Object.hasOwn(starters, name)) {
      response.writeHead(404).end();
      return;
    }
    if (!running.has(name)) running.set(name, starters[name]());
    running.get(name).then(
      ({ answer }) => response.end(answer),
      (cause) => response.writeHead(500).end(String(cause?.stack ?? cause)),
    );
  });
  await new Promise((resolve) => broker.listen(0, '127.0.0.1', resolve));
  broker.unref();
  process.env.AMANA_TEST_SERVICES = `http://127.0.0.1:${broker.address().port}/${secret}`;
  globalThis.amanaTestServices = { broker, running, folder };
}

// The code that starts services is TypeScript, and here nothing transforms it: it runs as built. A file elsewhere in the tree
// that does not compile fails its own tests, not all.
let built;
async function builtModule(path) {
  built ??= withLock(join(root, '.amana', 'set-up.lock'), async () => {
    const plan = planBuild(root);
    if (plan.changed.length + plan.vanished.length === 0) return;
    await build(root, plan).catch((cause) => process.stderr.write(`amana: ${cause.message}\n`));
  });
  await built;
  return import(pathToFileURL(join(root, 'dist', path)).href);
}
