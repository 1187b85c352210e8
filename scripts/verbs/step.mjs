// One step of a check: a program of node_modules/.bin, its output kept and shown only if it fails.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './set-up.mjs';

/**
 * Runs the steps, at most `atOnce` at a time, and prints each one's name, result and time as it ends.
 * @param {{ name: string, command: string, args: string[] }[]} steps
 * @returns {Promise<boolean>} whether all of them passed
 */
export async function runSteps(steps, atOnce) {
  const queue = [...steps];
  const results = [];
  const work = async () => {
    for (let step = queue.shift(); step; step = queue.shift()) results.push(await runStep(step));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, steps.length) }, work));
  return results.every(Boolean);
}

async function runStep({ name, command, args }) {
  const began = Date.now();
  const { code, output } = await run(join(root, 'node_modules', '.bin', command), args);
  const took = `${((Date.now() - began) / 1000).toFixed(1)} s`;
  process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name}  (${took})\n`);
  if (code !== 0) process.stdout.write(`${output.trimEnd()}\n${name}: ${command} ended with ${code}\n`);
  return code === 0;
}

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', (cause) => resolve({ code: cause.code, output: cause.message }));
    child.once('close', (code, signal) => resolve({ code: code ?? signal, output }));
  });
}
