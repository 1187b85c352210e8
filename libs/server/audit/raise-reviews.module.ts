import { Module } from '@nestjs/common';
import { RaiseReviews } from './raise-reviews.js';

/** What the worker does for audit. */
@Module({ providers: [RaiseReviews], exports: [RaiseReviews] })
export class RaiseReviewsModule {}
