export { fsckLog, type LogCheckFault, type LogCheckOptions, type LogCheckReport } from './fsck-log.js';
export { followSuccessor, type KnownLog, SuccessionError, type SuccessionErrorCode } from './follow-successor.js';
export { checkPromises, keepPromises, type KeptPromise, type PromiseReport, type UnkeptPromise } from './promises.js';
export { proveEntries } from './prove-entries.js';
export { PublicLog, type PublicLogOptions } from './public-log.js';
export type { ShownErasure, ShownEvent } from './shown-events.js';
export { askWitness, headHeldBy, type WitnessFacts } from './witness.js';
