export { GrantEvents } from './grant-events.js';
export { GrantTimes } from './grant-times.js';
export { GrantTimesModule } from './grant-times.module.js';
export { type GrantChange, Grants } from './grants.js';
export { SharingModule } from './sharing.module.js';
