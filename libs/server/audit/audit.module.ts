import { Module } from '@nestjs/common';
import { RaiseReviews } from './raise-reviews.js';
import { Reviews } from './reviews.js';

@Module({ providers: [Reviews, RaiseReviews], exports: [Reviews, RaiseReviews] })
export class AuditModule {}
