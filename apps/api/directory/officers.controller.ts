import { Body, Controller, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import { CertifyOfficer, EnrolKeys, OfficerView, type Page, pageOf, PageQuery, WhoAmI } from '#domain/contract';
import { OfficerId } from '#domain/evidence';
import { Agencies, Agreements, OfficersOfAgency } from '#server/directory';
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
    private readonly agreements: Agreements,
  ) {}

  @Get()
  @DecidedBy('key-holder')
  @ApiResponse({ status: 200, standardSchema: pageOf(OfficerView) })
  list(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: PageQuery }) query: PageQuery,
  ): Promise<Page<OfficerView>> {
    return this.officers.list(officer, query);
  }

  @Get('me')
  @ApiResponse({ status: 200, standardSchema: WhoAmI })
  async me(@Officer() officer: SignedInOfficer): Promise<WhoAmI> {
    const [me, agency, teams] = await Promise.all([
      this.officers.find(officer, officer.officerId),
      this.agencies.find(officer.agencyId),
      this.agreements.teams(officer, { limit: TEAMS_TOLD }),
    ]);
    return { officer: me, agency, teams: [...teams.items] };
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
}
