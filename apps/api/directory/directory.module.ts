import { Module } from '@nestjs/common';
import { DirectoryModule } from '#server/directory';
import { AgenciesController } from './agencies.controller.js';
import { AgreementsController } from './agreements.controller.js';
import { OfficersController } from './officers.controller.js';

@Module({ imports: [DirectoryModule], controllers: [AgenciesController, AgreementsController, OfficersController] })
export class DirectoryApiModule {}
