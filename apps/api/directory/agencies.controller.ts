import { Body, Controller, Get, Param, Put, Query, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import { AgencyView, type Page, pageOf, PageQuery, PublishAgencyKeys, WrappedAgencyKeys } from '#domain/contract';
import { AgencyId } from '#domain/evidence';
import { Agencies } from '#server/directory';
import type { SignedInOfficer } from '#server/identity';
import { DecidedBy, IfMatchTag, Officer, taggedByDigest } from '../shell/index.js';

@Controller('v1/agencies')
@DecidedBy('known')
export class AgenciesController {
  constructor(private readonly agencies: Agencies) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(AgencyView) })
  list(@Query({ schema: PageQuery }) query: PageQuery): Promise<Page<AgencyView>> {
    return this.agencies.list(query);
  }

  @Get('mine/keys')
  @DecidedBy('key-holder')
  @ApiResponse({ status: 200, standardSchema: WrappedAgencyKeys })
  wrappedKeys(@Officer() officer: SignedInOfficer): Promise<WrappedAgencyKeys> {
    return this.agencies.wrappedKeys(officer);
  }

  @Get(':id')
  @ApiResponse({ status: 200, standardSchema: AgencyView })
  async find(
    @Param('id', { schema: AgencyId }) id: AgencyId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgencyView> {
    return taggedByDigest(response, await this.agencies.find(id));
  }

  @Put(':id/keys')
  @ApiResponse({ status: 200, standardSchema: AgencyView })
  async publishKeys(
    @Officer() officer: SignedInOfficer,
    @IfMatchTag() expected: string,
    @Param('id', { schema: AgencyId }) id: AgencyId,
    @Body({ schema: PublishAgencyKeys }) body: PublishAgencyKeys,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgencyView> {
    return taggedByDigest(response, await this.agencies.publishKeys(officer, id, body, expected));
  }
}
