import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { temporaryFolder } from './temporary-folder.js';

/** The command's threads alone, bundled: what tests give an engine to start its threads with. */
export async function bundleThreads(): Promise<URL> {
  const outfile = join(temporaryFolder('threads'), 'threads.mjs');
  await build({
    stdin: {
      contents: `import { runThread } from './apps/cli/node/thread-main.js';\nrunThread();`,
      resolveDir: process.cwd(),
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['amana-source'],
    logLevel: 'error',
  });
  return pathToFileURL(outfile);
}
