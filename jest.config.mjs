// One jest configuration for all tests: beside the code (*.test.ts) and in test/ (journeys, contracts, vectors, faults).
import { readFileSync } from 'node:fs';

const swcrc = JSON.parse(readFileSync(new URL('.swcrc', import.meta.url), 'utf8'));

export default {
  rootDir: import.meta.dirname ?? new URL('.', import.meta.url).pathname,
  testMatch: ['<rootDir>/{apps,libs,scripts,test}/**/*.test.ts'],
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^#(domain|client|server)/([^/]+)$': '<rootDir>/libs/$1/$2/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: { '^.+\\.ts$': ['@swc/jest', { ...swcrc, sourceMaps: 'inline' }] },
  // What is built and what runs has copies of our files, and data that may not be ours to read.
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.amana/'],
  reporters: ['default', '<rootDir>/scripts/verbs/jest-reporter.mjs'],
  maxWorkers: 2,
  workerIdleMemoryLimit: '1GB',
  testTimeout: 60_000,
};
