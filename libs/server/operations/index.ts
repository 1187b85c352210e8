export { HttpMetrics } from './http-metrics.js';
export { JsonLogger } from './json-logger.js';
export { METRICS } from './metrics.js';
export { OperationsModule } from './operations.module.js';
export { OperationsServer } from './operations-server.js';
export { Readiness, type ReadinessCheck } from './readiness.js';
