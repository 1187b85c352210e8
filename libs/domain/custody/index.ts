export * from './event.js';
export * from './commitment.js';
export * from './chain.js';
export * from './promise.js';
