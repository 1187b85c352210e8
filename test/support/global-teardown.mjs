// Runs once, after the tests: ends what global-setup.mjs started.
import { rmSync } from 'node:fs';

export default async function globalTeardown() {
  const { broker, running, folder } = globalThis.amanaTestServices;
  broker.close();
  broker.closeAllConnections();
  await Promise.all(
    [...running.values()].map((service) =>
      service.then(
        ({ stop }) => stop(),
        () => undefined,
      ),
    ),
  );
  rmSync(folder, { recursive: true, force: true });
}
