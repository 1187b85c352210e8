import { Module } from '@nestjs/common';
import { EscalateReviews } from './escalate-reviews.js';
import { RaiseReviews } from './raise-reviews.js';

/** What the worker does for audit. */
@Module({ providers: [EscalateReviews, RaiseReviews], exports: [EscalateReviews, RaiseReviews] })
export class RaiseReviewsModule {}
