#!/usr/bin/env node
// The command `amana`: found in node_modules/.bin by the workspace link, built by the set-up of `npm start`, `npm test` or `npm run build`.
try {
  await import('../../../dist/amana.mjs');
} catch (cause) {
  if (cause?.code !== 'ERR_MODULE_NOT_FOUND') throw cause;
  process.stderr.write('amana: not built yet; run `npm run build` first\n');
  process.exit(1);
}
