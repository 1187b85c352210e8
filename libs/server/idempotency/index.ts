export { entityTagOf, mustStillBe } from './entity-tag.js';
export { type Answered, Idempotency, type IdempotencyClaim } from './idempotency.js';
export { IdempotencyModule } from './idempotency.module.js';
