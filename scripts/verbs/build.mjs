// `npm run build`: packages and dist/, as every other verb needs them.
import { setUp } from './set-up.mjs';

await setUp();
