export { JsonLogger } from './json-logger.js';
export { METRICS } from './metrics.js';
export { OperationsModule } from './operations.module.js';
export { Readiness, type ReadinessCheck } from './readiness.js';
