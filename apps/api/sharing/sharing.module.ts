import { Module } from '@nestjs/common';
import { SharingModule } from '#server/sharing';
import { FilterTeamController } from './filter-team.controller.js';
import { SharingController } from './sharing.controller.js';

@Module({ imports: [SharingModule], controllers: [SharingController, FilterTeamController] })
export class SharingApiModule {}
