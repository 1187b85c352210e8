export { Agencies } from './agencies.js';
export { Agreements } from './agreements.js';
export { DirectoryModule } from './directory.module.js';
export { OfficersOfAgency } from './officers-of-agency.js';
