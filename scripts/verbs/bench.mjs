// `npm run bench`: ours and the peer in turn, on this machine.
import { runBuilt } from './set-up.mjs';

await runBuilt('scripts', 'bench', 'main.js');
