// The build: apps, libs and scripts, transpiled file by file into the same tree under dist/, and the command `amana` as one
// file. Only what changed since the last build is written, each file in one step, so processes that run from dist/ never
// read half a file.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const folders = ['apps', 'libs', 'scripts'];
const recordName = '.build.json';
const bundleEntry = 'apps/cli/main.ts';
const bundleName = 'amana.mjs';
/** Files that a program reads beside its code are copied; what only developers or npm read is not. */
const left = /(^|\/)(node_modules|package\.json|README\.md|[^/]+\.test\.ts|[^/]+\.d\.ts|[^/]+\.mjs)$/;

/** What a build would have to do, found by size and time of change. Reads no file's content. */
export function planBuild(root) {
  const sources = listSources(root);
  const record = readRecord(root);
  const key = buildKey(root);
  const fresh = record?.key === key;
  const changed = Object.keys(sources).filter((path) => !fresh || record.sources[path] !== sources[path]);
  const vanished = fresh ? Object.keys(record.sources).filter((path) => !(path in sources)) : [];
  return { key, sources, changed, vanished, fresh };
}

/** Brings dist/ up to the sources. @throws Error naming the file that does not compile; the next build tries it again */
export async function build(root, plan = planBuild(root)) {
  const dist = join(root, 'dist');
  if (!plan.fresh) rmSync(dist, { recursive: true, force: true });
  const swc = await import('@swc/core');
  const options = { ...JSON.parse(readFileSync(join(root, '.swcrc'), 'utf8')), swcrc: false, configFile: false };
  const faults = [];
  await Promise.all(
    plan.changed.map(async (path) => {
      try {
        await writeOutput(root, dist, path, swc, options);
      } catch (cause) {
        // The compiler appends a stack of its own.
        faults.push(`${path}: ${cause.message.split('\n\nCaused by:')[0].trim()}`);
      }
    }),
  );
  for (const path of plan.vanished) rmSync(join(dist, outputOf(path)), { force: true });
  if (faults.length > 0)
    throw new Error(`build: ${faults.length} of ${plan.changed.length} files failed\n${faults.join('\n')}`);
  if (existsSync(join(root, bundleEntry))) await bundleCommand(root, dist);
  writeWhole(join(dist, recordName), JSON.stringify({ key: plan.key, sources: plan.sources }));
}

async function writeOutput(root, dist, path, swc, options) {
  const target = join(dist, outputOf(path));
  mkdirSync(dirname(target), { recursive: true });
  if (!path.endsWith('.ts')) {
    copyFileSync(join(root, path), `${target}.new`);
    renameSync(`${target}.new`, target);
    return;
  }
  const { code } = await swc.transform(readFileSync(join(root, path), 'utf8'), {
    ...options,
    filename: join(root, path),
  });
  writeWhole(target, code);
}

async function bundleCommand(root, dist) {
  const esbuild = await import('esbuild');
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [bundleEntry],
    outfile: join(dist, `${bundleName}.new`),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['amana-source'],
    // CommonJS packages in the bundle load Node's own modules by require.
    banner: {
      js: "import { createRequire as nodeRequire } from 'node:module';\nconst require = nodeRequire(import.meta.url);",
    },
    legalComments: 'none',
    logLevel: 'error',
  });
  renameSync(join(dist, `${bundleName}.new`), join(dist, bundleName));
}

function outputOf(path) {
  return path.replace(/\.ts$/, '.js');
}

function writeWhole(target, text) {
  writeFileSync(`${target}.new`, text);
  renameSync(`${target}.new`, target);
}

function listSources(root) {
  const sources = {};
  const visit = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (left.test(path)) continue;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) {
        const { size, mtimeMs } = statSync(join(root, path));
        sources[path] = `${size}:${mtimeMs}`;
      }
    }
  };
  for (const folder of folders) if (existsSync(join(root, folder))) visit(folder);
  return sources;
}

function readRecord(root) {
  try {
    return JSON.parse(readFileSync(join(root, 'dist', recordName), 'utf8'));
  } catch {
    return undefined;
  }
}

// Another compiler, other options or another builder: everything is built anew.
function buildKey(root) {
  const hash = createHash('sha256');
  for (const path of ['.swcrc', 'package-lock.json']) hash.update(readFileSync(join(root, path))).update('\0');
  return hash.update(readFileSync(new URL(import.meta.url))).digest('hex');
}
