import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { AgreementView, type Page, pageOf, PublishAgreement, TeamView } from '#domain/contract';
import { Agreements } from '#server/directory';
import type { SignedInOfficer } from '#server/identity';
import { Officer } from '../shell/index.js';

@Controller('v1')
export class AgreementsController {
  constructor(private readonly agreements: Agreements) {}

  @Get('agreements')
  @ApiResponse({ status: 200, standardSchema: pageOf(AgreementView) })
  async list(@Officer() officer: SignedInOfficer): Promise<Page<AgreementView>> {
    return { items: await this.agreements.list(officer), next: null };
  }

  @Post('agreements')
  @ApiResponse({ status: 201, standardSchema: AgreementView })
  publish(
    @Officer() officer: SignedInOfficer,
    @Body({ schema: PublishAgreement }) body: PublishAgreement,
  ): Promise<AgreementView> {
    return this.agreements.publish(officer, body);
  }

  @Get('teams')
  @ApiResponse({ status: 200, standardSchema: pageOf(TeamView) })
  async teams(@Officer() officer: SignedInOfficer): Promise<Page<TeamView>> {
    return { items: await this.agreements.teams(officer), next: null };
  }
}
