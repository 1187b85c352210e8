import { Module } from '@nestjs/common';
import { IntakeModule } from '#server/intake';
import { ExhibitsController } from './exhibits.controller.js';
import { UploadsController } from './uploads.controller.js';

@Module({ imports: [IntakeModule], controllers: [ExhibitsController, UploadsController] })
export class IntakeApiModule {}
