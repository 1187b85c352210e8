export { AuditModule } from './audit.module.js';
export { RaiseReviews } from './raise-reviews.js';
export { RaiseReviewsModule } from './raise-reviews.module.js';
export { Reviews } from './reviews.js';
