// `npm run demo`: a whole journey on real input. Exit 0, or the step that broke.
import { runBuilt } from './set-up.mjs';

await runBuilt('scripts', 'demo.js');
