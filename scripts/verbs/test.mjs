// `npm test [-- paths and jest options]`: every test, on services that the tests start. The last line is `N passed, N failed`
// and how many were skipped, with the reasons above it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLines } from './jest-reporter.mjs';
import { root, setUp } from './set-up.mjs';

await setUp();
const folder = mkdtempSync(join(tmpdir(), 'amana-test-'));
try {
  const file = join(folder, 'summary.json');
  const code = await runJest(file);
  const summary = readSummary(file, code);
  process.stdout.write(`${lastLines(summary).join('\n')}\n`);
  process.exitCode = code === 0 && summary.failed > 0 ? 1 : code;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function runJest(summaryFile) {
  const nodeOptions = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`;
  const child = spawn(
    process.execPath,
    [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), ...process.argv.slice(2)],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, NODE_OPTIONS: nodeOptions.trim(), AMANA_TEST_SUMMARY: summaryFile },
    },
  );
  // On Ctrl-C the terminal has told jest too; wait for it, so that it can stop what its tests started.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

// A jest that ended without telling, or that found nothing to run, has not passed.
function readSummary(file, code) {
  let summary = { passed: 0, failed: 0, skipped: 0, reasons: {} };
  try {
    summary = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    process.stdout.write('jest ended before it could report\n');
  }
  return code !== 0 && summary.failed === 0 ? { ...summary, failed: 1 } : summary;
}
