// The embedded identity provider: for one machine, for tests and for the demo. Any OpenID Connect provider takes its place.
import { once } from 'node:events';
import { readIssuerConfig } from './config.js';
import { createIssuer } from './server.js';

try {
  const config = readIssuerConfig(process.env);
  const server = await createIssuer(config);
  server.listen(config.port, config.host);
  await once(server, 'listening');
  process.stdout.write(`issuer: ${config.issuer} ready\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      server.close(() => process.exit(0));
      server.closeIdleConnections();
      // A page left open keeps its connection; it has nothing to lose.
      setTimeout(() => process.exit(0), 1_000).unref();
    });
  }
} catch (cause) {
  process.stderr.write(`issuer: ${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exit(1);
}
