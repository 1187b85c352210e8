// `npm start`: the whole platform on embedded defaults. `npm run dev`: the same, started again at each change of a source.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hold } from './lock.mjs';
import { runBuilt } from './set-up.mjs';
import { startAgainOnChange } from './watch.mjs';

// One platform a folder: two would fight over its database and its store.
const folder = resolve(process.env.AMANA_FOLDER ?? '.amana');
const holder = hold(join(folder, 'start.lock'));
if (holder !== null) {
  process.stderr.write(`npm start: Amana already runs in ${folder} (process ${holder})${whereabouts()}\n`);
  process.exit(1);
}
if (process.argv.includes('--watch')) await startAgainOnChange('scripts', 'start.js');
else await runBuilt('scripts', 'start.js');

function whereabouts() {
  try {
    return `, at ${JSON.parse(readFileSync(join(folder, 'endpoints.json'), 'utf8')).portal}`;
  } catch {
    return ', and is being started or stopped';
  }
}
