import { Module } from '@nestjs/common';
import { DirectoryModule } from '#server/directory';
import { AgenciesController } from './agencies.controller.js';
import { AgreementsController } from './agreements.controller.js';
import { BindingController, InvitationsController } from './invitations.controller.js';
import { NewcomerDesk } from './newcomer-desk.js';
import { OfficersController } from './officers.controller.js';
import { TeamsController } from './teams.controller.js';

@Module({
  imports: [DirectoryModule],
  providers: [NewcomerDesk],
  controllers: [
    ...[AgenciesController, AgreementsController, InvitationsController],
    ...[BindingController, OfficersController, TeamsController],
  ],
})
export class DirectoryApiModule {}
