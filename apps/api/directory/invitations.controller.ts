import { Body, Controller, Get, HttpCode, Post, Query, Req, UseGuards } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
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
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import { Claim, DecidedBy, ForNewcomers, Officer } from '../shell/index.js';
import { NewcomerDesk, type NewcomersRequest } from './newcomer-desk.js';

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
    @Claim() claim: IdempotencyClaim | null,
    @Body({ schema: InviteAgency }) body: InviteAgency,
  ): Promise<InvitationView> {
    return this.invitations.invite(officer, claim, body);
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
  @ForNewcomers()
  @UseGuards(NewcomerDesk)
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: InvitationView })
  inspect(@Body({ schema: InspectInvitation }) { token }: InspectInvitation): Promise<InvitationView> {
    return this.invitations.open(token);
  }

  @Post('acceptance')
  @ForNewcomers()
  @UseGuards(NewcomerDesk)
  @ApiResponse({ status: 201, standardSchema: OfficerView })
  async accept(
    @Req() request: NewcomersRequest,
    @Body({ schema: AcceptInvitation }) body: AcceptInvitation,
  ): Promise<OfficerView> {
    return this.invitations.accept(await this.desk.addressed(request, body.idToken), body);
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
  @ForNewcomers()
  @UseGuards(NewcomerDesk)
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: OfficerView })
  async bind(
    @Req() request: NewcomersRequest,
    @Body({ schema: BindOfficer }) { idToken }: BindOfficer,
  ): Promise<OfficerView> {
    return this.officers.bind(await this.desk.addressed(request, idToken));
  }
}
