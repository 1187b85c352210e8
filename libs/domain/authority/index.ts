export * from './decide.js';
export * from './decide-intake.js';
