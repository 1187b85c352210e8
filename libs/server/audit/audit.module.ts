import { Module } from '@nestjs/common';
import { Reviews } from './reviews.js';

@Module({ providers: [Reviews], exports: [Reviews] })
export class AuditModule {}
