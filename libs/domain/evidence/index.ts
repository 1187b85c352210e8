export * from './ids.js';
export * from './sizes.js';
export * from './digests.js';
export * from './life-cycle.js';
