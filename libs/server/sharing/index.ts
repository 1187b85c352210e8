export { ExpireGrants } from './expire-grants.js';
export { Grants } from './grants.js';
export { SharingModule } from './sharing.module.js';
