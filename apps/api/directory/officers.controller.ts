import { Body, Controller, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import {
  AddOfficer,
  CertifyOfficer,
  ChangeRoles,
  EnrolKeys,
  LeaveAgency,
  OfficerSearch,
  OfficerView,
  type Page,
  pageOf,
  WhoAmI,
} from '#domain/contract';
import { OfficerId } from '#domain/evidence';
import { Agencies, KeyHistories, OfficerChanges, OfficersOfAgency, Teams } from '#server/directory';
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import { Claim, DecidedBy, IfMatchTag, Officer, taggedByDigest } from '../shell/index.js';

const OFFICER_ID = { schema: OfficerId };
/** Teams that are told of an officer; `/v1/teams` has them all. */
const TEAMS_TOLD = 200;

@Controller('v1/officers')
@DecidedBy('known')
export class OfficersController {
  constructor(
    private readonly officers: OfficersOfAgency,
    private readonly agencies: Agencies,
    private readonly teams: Teams,
    private readonly changes: OfficerChanges,
    private readonly histories: KeyHistories,
  ) {}

  @Get()
  @DecidedBy('key-holder')
  @ApiResponse({ status: 200, standardSchema: pageOf(OfficerView) })
  list(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: OfficerSearch }) query: OfficerSearch,
  ): Promise<Page<OfficerView>> {
    return this.officers.list(officer, query);
  }

  @Get('me')
  @ApiResponse({ status: 200, standardSchema: WhoAmI })
  async me(@Officer() officer: SignedInOfficer): Promise<WhoAmI> {
    const [me, agency, teams, histories] = await Promise.all([
      this.officers.find(officer, officer.officerId),
      this.agencies.find(officer.agencyId),
      this.teams.list(officer, { limit: TEAMS_TOLD }),
      this.histories.known(officer),
    ]);
    return { officer: me, agency, teams: [...teams.items], histories };
  }

  @Get(':id')
  @ApiResponse({ status: 200, standardSchema: OfficerView })
  async find(
    @Officer() officer: SignedInOfficer,
    @Param('id', OFFICER_ID) id: OfficerId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OfficerView> {
    return taggedByDigest(response, await this.officers.find(officer, id));
  }

  @Put('me/keys')
  @ApiResponse({ status: 200, standardSchema: OfficerView })
  async enrol(
    @Officer() officer: SignedInOfficer,
    @IfMatchTag() expected: string,
    @Body({ schema: EnrolKeys }) body: EnrolKeys,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OfficerView> {
    return taggedByDigest(response, await this.officers.enrol(officer, body, expected));
  }

  @Post(':id/certificate')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: OfficerView })
  async certify(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatchTag() expected: string,
    @Param('id', OFFICER_ID) id: OfficerId,
    @Body({ schema: CertifyOfficer }) body: CertifyOfficer,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OfficerView> {
    return taggedByDigest(response, await this.officers.certify(officer, id, { claim, expected, body }));
  }

  @Post()
  @ApiResponse({ status: 201, standardSchema: OfficerView })
  async add(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @Body({ schema: AddOfficer }) body: AddOfficer,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OfficerView> {
    return taggedByDigest(response, await this.changes.add(officer, claim, body));
  }

  @Post(':id/roles')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: OfficerView })
  async changeRoles(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatchTag() expected: string,
    @Param('id', OFFICER_ID) id: OfficerId,
    @Body({ schema: ChangeRoles }) body: ChangeRoles,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OfficerView> {
    return taggedByDigest(response, await this.changes.changeRoles(officer, id, body, { claim, expected }));
  }

  @Post(':id/revocation')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: OfficerView })
  async revoke(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatchTag() expected: string,
    @Param('id', OFFICER_ID) id: OfficerId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OfficerView> {
    return taggedByDigest(response, await this.changes.revoke(officer, id, { claim, expected }));
  }

  @Post(':id/departure')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: OfficerView })
  async depart(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatchTag() expected: string,
    @Param('id', OFFICER_ID) id: OfficerId,
    @Body({ schema: LeaveAgency }) { reason }: LeaveAgency,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OfficerView> {
    return taggedByDigest(response, await this.changes.depart(officer, id, reason, { claim, expected }));
  }
}
