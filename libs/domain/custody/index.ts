export * from './event.js';
export * from './commitment.js';
export * from './chain.js';
