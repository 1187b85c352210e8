import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { AgreementView, type Page, pageOf, PageQuery, PublishAgreement, TeamView } from '#domain/contract';
import { Agreements } from '#server/directory';
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import { Claim, DecidedBy, Officer } from '../shell/index.js';

@Controller('v1')
@DecidedBy('known')
export class AgreementsController {
  constructor(private readonly agreements: Agreements) {}

  @Get('agreements')
  @ApiResponse({ status: 200, standardSchema: pageOf(AgreementView) })
  list(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: PageQuery }) query: PageQuery,
  ): Promise<Page<AgreementView>> {
    return this.agreements.list(officer, query);
  }

  @Post('agreements')
  @ApiResponse({ status: 201, standardSchema: AgreementView })
  publish(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @Body({ schema: PublishAgreement }) body: PublishAgreement,
  ): Promise<AgreementView> {
    return this.agreements.publish(officer, claim, body);
  }

  @Get('teams')
  @ApiResponse({ status: 200, standardSchema: pageOf(TeamView) })
  teams(@Officer() officer: SignedInOfficer, @Query({ schema: PageQuery }) query: PageQuery): Promise<Page<TeamView>> {
    return this.agreements.teams(officer, query);
  }
}
