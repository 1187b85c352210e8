export { Pace } from './pace.js';
export { PacedStore } from './paced-store.js';
export { type Pass, type PassEnd, type ScrubbedPart, ScrubPasses } from './scrub-passes.js';
