// The embedded timestamp authority: for one machine, for tests and for the demo. Any RFC 3161 authority takes its place.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { openAuthority } from './authority.js';
import { readTsaConfig } from './config.js';
import { createTsa } from './server.js';

try {
  const { folder, host, port, certificateDays } = readTsaConfig(process.env);
  const server = createTsa(await openAuthority(folder, certificateDays, new Date()));
  server.listen(port, host);
  await once(server, 'listening');
  process.stdout.write(`tsa: http://${host}:${(server.address() as AddressInfo).port} ready\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      server.close(() => process.exit(0));
      server.closeIdleConnections();
      setTimeout(() => process.exit(0), 1_000).unref();
    });
  }
} catch (cause) {
  process.stderr.write(`tsa: ${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exit(1);
}
