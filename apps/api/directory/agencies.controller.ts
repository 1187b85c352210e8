import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { AgencyView, type Page, pageOf, PublishAgencyKeys, WrappedAgencyKeys } from '#domain/contract';
import { AgencyId } from '#domain/evidence';
import { Agencies } from '#server/directory';
import type { SignedInOfficer } from '#server/identity';
import { Officer } from '../shell/index.js';

@Controller('v1/agencies')
export class AgenciesController {
  constructor(private readonly agencies: Agencies) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(AgencyView) })
  async list(): Promise<Page<AgencyView>> {
    return { items: await this.agencies.list(), next: null };
  }

  @Get('mine/keys')
  @ApiResponse({ status: 200, standardSchema: WrappedAgencyKeys })
  wrappedKeys(@Officer() officer: SignedInOfficer): Promise<WrappedAgencyKeys> {
    return this.agencies.wrappedKeys(officer);
  }

  @Get(':id')
  @ApiResponse({ status: 200, standardSchema: AgencyView })
  find(@Param('id', { schema: AgencyId }) id: AgencyId): Promise<AgencyView> {
    return this.agencies.find(id);
  }

  @Put(':id/keys')
  @ApiResponse({ status: 200, standardSchema: AgencyView })
  publishKeys(
    @Officer() officer: SignedInOfficer,
    @Param('id', { schema: AgencyId }) id: AgencyId,
    @Body({ schema: PublishAgencyKeys }) body: PublishAgencyKeys,
  ): Promise<AgencyView> {
    return this.agencies.publishKeys(officer, id, body);
  }
}
