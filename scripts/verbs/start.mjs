// `npm start`: the whole platform on embedded defaults. `npm run dev`: the same, started again at each change of a source.
import { runBuilt } from './set-up.mjs';
import { startAgainOnChange } from './watch.mjs';

if (process.argv.includes('--watch')) await startAgainOnChange('scripts', 'start.js');
else await runBuilt('scripts', 'start.js');
