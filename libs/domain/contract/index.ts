export * from './problems.js';
export * from './paging.js';
export * from './intake.js';
export * from './authority.js';
export * from './sharing.js';
export * from './retrieval.js';
export * from './audit.js';
export * from './custody.js';
