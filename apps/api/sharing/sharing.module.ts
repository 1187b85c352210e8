import { Module } from '@nestjs/common';
import { SharingModule } from '#server/sharing';
import { SharingController } from './sharing.controller.js';

@Module({ imports: [SharingModule], controllers: [SharingController] })
export class SharingApiModule {}
