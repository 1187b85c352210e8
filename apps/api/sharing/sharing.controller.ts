import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import { AcceptGrant, GrantView, type Page, pageOf, PageQuery, ProposeGrant, ReasonBody } from '#domain/contract';
import { GrantId } from '#domain/evidence';
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import { Grants } from '#server/sharing';
import { Claim, etagOf, Officer } from '../shell/index.js';

const GRANT_ID = { schema: GrantId };

@Controller('v1/grants')
export class SharingController {
  constructor(private readonly grants: Grants) {}

  @Post()
  @ApiResponse({ status: 201, standardSchema: GrantView })
  propose(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @Body({ schema: ProposeGrant }) body: ProposeGrant,
  ): Promise<GrantView> {
    return this.grants.propose(officer, claim, body);
  }

  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(GrantView) })
  list(@Officer() officer: SignedInOfficer, @Query({ schema: PageQuery }) query: PageQuery): Promise<Page<GrantView>> {
    return this.grants.list(officer, query);
  }

  @Get(':id')
  @ApiResponse({ status: 200, standardSchema: GrantView })
  async find(
    @Officer() officer: SignedInOfficer,
    @Param('id', GRANT_ID) id: GrantId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<GrantView> {
    const grant = await this.grants.find(officer, id);
    response.setHeader('ETag', etagOf(grant.version));
    return grant;
  }

  @Post(':id/approval')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: GrantView })
  approve(@Officer() officer: SignedInOfficer, @Param('id', GRANT_ID) id: GrantId): Promise<GrantView> {
    return this.grants.approve(officer, id);
  }

  @Post(':id/acceptance')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: GrantView })
  accept(
    @Officer() officer: SignedInOfficer,
    @Param('id', GRANT_ID) id: GrantId,
    @Body({ schema: AcceptGrant }) body: AcceptGrant,
  ): Promise<GrantView> {
    return this.grants.accept(officer, id, body);
  }

  @Post(':id/refusal')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: GrantView })
  refuse(
    @Officer() officer: SignedInOfficer,
    @Param('id', GRANT_ID) id: GrantId,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ): Promise<GrantView> {
    return this.grants.refuse(officer, id, body.reason);
  }

  @Post(':id/revocation')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: GrantView })
  revoke(
    @Officer() officer: SignedInOfficer,
    @Param('id', GRANT_ID) id: GrantId,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ): Promise<GrantView> {
    return this.grants.revoke(officer, id, body.reason);
  }
}
