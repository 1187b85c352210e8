// `npm run check`: format, lint, types, layers, dead code. Every step is run even if an earlier one fails.
import { setUpPackages } from './set-up.mjs';
import { runSteps } from './step.mjs';
import { checks } from './steps.mjs';

await setUpPackages();
if (!(await runSteps(checks, 2))) process.exitCode = 1;
