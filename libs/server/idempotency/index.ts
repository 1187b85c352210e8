export { Idempotency, type IdempotencyClaim } from './idempotency.js';
export { IdempotencyModule } from './idempotency.module.js';
