export { AuditModule } from './audit.module.js';
export { EscalateReviews } from './escalate-reviews.js';
export { RaiseReviews } from './raise-reviews.js';
export { RaiseReviewsModule } from './raise-reviews.module.js';
export { type ReviewChange, Reviews } from './reviews.js';
