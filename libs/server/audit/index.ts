export { AuditModule } from './audit.module.js';
export { RaiseReviews } from './raise-reviews.js';
export { Reviews } from './reviews.js';
