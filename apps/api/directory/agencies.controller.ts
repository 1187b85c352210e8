import { Body, Controller, Get, HttpCode, Param, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import {
  AgencyDetail,
  AgencySearch,
  AgencyView,
  ChangeAgency,
  HeldFileKey,
  type Page,
  pageOf,
  PageQuery,
  PublishAgencyKeys,
  RewrapFileKeys,
  Rewrapped,
  RotateAgencyKeys,
  WrappedAgencyKeys,
} from '#domain/contract';
import { AgencyId } from '#domain/evidence';
import { Agencies, AgencyChanges, AgencyRotation, HeldFileKeys } from '#server/directory';
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import { Claim, DecidedBy, IfMatchTag, Officer, taggedByDigest } from '../shell/index.js';

const AGENCY_ID = { schema: AgencyId };

@Controller('v1/agencies')
@DecidedBy('known')
export class AgenciesController {
  constructor(
    private readonly agencies: Agencies,
    private readonly changes: AgencyChanges,
    private readonly rotations: AgencyRotation,
    private readonly fileKeys: HeldFileKeys,
  ) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(AgencyView) })
  list(@Query({ schema: AgencySearch }) query: AgencySearch): Promise<Page<AgencyView>> {
    return this.agencies.list(query);
  }

  @Get('mine/keys')
  @DecidedBy('key-holder')
  @ApiResponse({ status: 200, standardSchema: WrappedAgencyKeys })
  wrappedKeys(@Officer() officer: SignedInOfficer): Promise<WrappedAgencyKeys> {
    return this.agencies.wrappedKeys(officer);
  }

  @Get('mine/file-keys')
  @DecidedBy('key-holder')
  @ApiResponse({ status: 200, standardSchema: pageOf(HeldFileKey) })
  staleFileKeys(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: PageQuery }) query: PageQuery,
  ): Promise<Page<HeldFileKey>> {
    return this.fileKeys.stale(officer, query);
  }

  @Put('mine/file-keys')
  @DecidedBy('key-holder')
  @ApiResponse({ status: 200, standardSchema: Rewrapped })
  rewrapFileKeys(
    @Officer() officer: SignedInOfficer,
    @Body({ schema: RewrapFileKeys }) body: RewrapFileKeys,
  ): Promise<Rewrapped> {
    return this.fileKeys.rewrap(officer, body);
  }

  @Get(':id')
  @ApiResponse({ status: 200, standardSchema: AgencyDetail })
  async find(
    @Param('id', AGENCY_ID) id: AgencyId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgencyDetail> {
    const { agency, detail } = await this.agencies.detail(id);
    taggedByDigest(response, agency);
    return detail;
  }

  @Patch(':id')
  @ApiResponse({ status: 200, standardSchema: AgencyView })
  async change(
    @Officer() officer: SignedInOfficer,
    @IfMatchTag() expected: string,
    @Param('id', AGENCY_ID) id: AgencyId,
    @Body({ schema: ChangeAgency }) body: ChangeAgency,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgencyView> {
    return taggedByDigest(response, await this.changes.change(officer, id, body, expected));
  }

  @Put(':id/keys')
  @ApiResponse({ status: 200, standardSchema: AgencyView })
  async publishKeys(
    @Officer() officer: SignedInOfficer,
    @IfMatchTag() expected: string,
    @Param('id', AGENCY_ID) id: AgencyId,
    @Body({ schema: PublishAgencyKeys }) body: PublishAgencyKeys,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgencyView> {
    return taggedByDigest(response, await this.agencies.publishKeys(officer, id, body, expected));
  }

  @Post(':id/rotation')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: AgencyView })
  async rotate(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatchTag() expected: string,
    @Param('id', AGENCY_ID) id: AgencyId,
    @Body({ schema: RotateAgencyKeys }) body: RotateAgencyKeys,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgencyView> {
    return taggedByDigest(response, await this.rotations.rotate(officer, id, body, { claim, expected }));
  }
}
