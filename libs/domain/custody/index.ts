export * from './event.js';
export * from './erasure.js';
export * from './erasable.js';
export * from './commitment.js';
export * from './chain.js';
export * from './promise.js';
