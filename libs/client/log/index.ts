export { fsckLog, type LogCheckFault, type LogCheckOptions, type LogCheckReport, type ShownEvent } from './fsck-log.js';
export { proveEntries } from './prove-entries.js';
export { PublicLog, type PublicLogOptions } from './public-log.js';
