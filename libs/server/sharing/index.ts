export { ExpireGrants } from './expire-grants.js';
export { ExpireGrantsModule } from './expire-grants.module.js';
export { Grants } from './grants.js';
export { SharingModule } from './sharing.module.js';
