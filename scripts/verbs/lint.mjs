// `npm run lint`: ESLint with types; a warning fails.
import { setUpPackages } from './set-up.mjs';
import { runSteps } from './step.mjs';
import { lint } from './steps.mjs';

await setUpPackages();
if (!(await runSteps([lint], 1))) process.exitCode = 1;
