export * from './denial.js';
export * from './facts.js';
export * from './purpose.js';
export * from './decide.js';
export * from './decide-grant.js';
export * from './decide-intake.js';
export * from './decide-review.js';
export * from './decide-standing.js';
