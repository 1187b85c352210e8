import { Body, Controller, Get, HttpCode, Post, Query, Req } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Request } from 'express';
import {
  AcceptInvitation,
  BindOfficer,
  InspectInvitation,
  InvitationView,
  InviteAgency,
  OfficerView,
  type Page,
  pageOf,
  PageQuery,
} from '#domain/contract';
import { BindOfficers, Invitations } from '#server/directory';
import type { SignedInOfficer } from '#server/identity';
import { DecidedBy, Officer, Open } from '../shell/index.js';
import { NewcomerDesk } from './newcomer-desk.js';

/** How agencies come in. The token stands in bodies alone: addresses are written to logs. */
@Controller('v1/invitations')
@DecidedBy('known')
export class InvitationsController {
  constructor(
    private readonly invitations: Invitations,
    private readonly desk: NewcomerDesk,
  ) {}

  @Post()
  @ApiResponse({ status: 201, standardSchema: InvitationView })
  invite(
    @Officer() officer: SignedInOfficer,
    @Body({ schema: InviteAgency }) body: InviteAgency,
  ): Promise<InvitationView> {
    return this.invitations.invite(officer, body);
  }

  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(InvitationView) })
  list(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: PageQuery }) query: PageQuery,
  ): Promise<Page<InvitationView>> {
    return this.invitations.list(officer, query);
  }

  @Post('inspection')
  @Open()
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: InvitationView })
  async inspect(
    @Req() request: Request,
    @Body({ schema: InspectInvitation }) { token }: InspectInvitation,
  ): Promise<InvitationView> {
    await this.desk.personOf(request);
    return this.invitations.open(token);
  }

  @Post('acceptance')
  @Open()
  @ApiResponse({ status: 201, standardSchema: OfficerView })
  async accept(
    @Req() request: Request,
    @Body({ schema: AcceptInvitation }) body: AcceptInvitation,
  ): Promise<OfficerView> {
    return this.invitations.accept(await this.desk.addressedPerson(request, body.idToken), body);
  }
}

/** How an officer who was added by their address comes to be known. */
@Controller('v1/officers')
export class BindingController {
  constructor(
    private readonly officers: BindOfficers,
    private readonly desk: NewcomerDesk,
  ) {}

  @Post('binding')
  @Open()
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: OfficerView })
  async bind(@Req() request: Request, @Body({ schema: BindOfficer }) { idToken }: BindOfficer): Promise<OfficerView> {
    return this.officers.bind(await this.desk.addressedPerson(request, idToken));
  }
}
