import { Body, Controller, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { CertifyOfficer, EnrolKeys, OfficerView, type Page, pageOf, WhoAmI } from '#domain/contract';
import { OfficerId } from '#domain/evidence';
import { Agencies, Agreements, OfficersOfAgency } from '#server/directory';
import type { SignedInOfficer } from '#server/identity';
import { Officer } from '../shell/index.js';

@Controller('v1/officers')
export class OfficersController {
  constructor(
    private readonly officers: OfficersOfAgency,
    private readonly agencies: Agencies,
    private readonly agreements: Agreements,
  ) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(OfficerView) })
  async list(@Officer() officer: SignedInOfficer): Promise<Page<OfficerView>> {
    return { items: await this.officers.list(officer), next: null };
  }

  @Get('me')
  @ApiResponse({ status: 200, standardSchema: WhoAmI })
  async me(@Officer() officer: SignedInOfficer): Promise<WhoAmI> {
    const [me, agency, teams] = await Promise.all([
      this.officers.find(officer.officerId),
      this.agencies.find(officer.agencyId),
      this.agreements.teams(officer),
    ]);
    return { officer: me, agency, teams };
  }

  @Put('me/keys')
  @ApiResponse({ status: 200, standardSchema: OfficerView })
  enrol(@Officer() officer: SignedInOfficer, @Body({ schema: EnrolKeys }) body: EnrolKeys): Promise<OfficerView> {
    return this.officers.enrol(officer, body);
  }

  @Post(':id/certificate')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: OfficerView })
  certify(
    @Officer() officer: SignedInOfficer,
    @Param('id', { schema: OfficerId }) id: OfficerId,
    @Body({ schema: CertifyOfficer }) body: CertifyOfficer,
  ): Promise<OfficerView> {
    return this.officers.certify(officer, id, body);
  }
}
