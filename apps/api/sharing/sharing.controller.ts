import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import { AcceptGrant, GrantView, type Page, pageOf, PageQuery, ProposeGrant, ReasonBody } from '#domain/contract';
import { GrantId } from '#domain/evidence';
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import { Grants } from '#server/sharing';
import { Claim, DecidedBy, FreshlySignedIn, IfMatch, Officer, taggedByVersion } from '../shell/index.js';

const GRANT_ID = { schema: GrantId };

@Controller('v1/grants')
@DecidedBy('member')
export class SharingController {
  constructor(private readonly grants: Grants) {}

  @Post()
  @FreshlySignedIn()
  @ApiResponse({ status: 201, standardSchema: GrantView })
  async propose(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @Body({ schema: ProposeGrant }) body: ProposeGrant,
    @Res({ passthrough: true }) response: Response,
  ): Promise<GrantView> {
    return taggedByVersion(response, await this.grants.propose(officer, claim, body));
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
    return taggedByVersion(response, await this.grants.find(officer, id));
  }

  @Post(':id/approval')
  @FreshlySignedIn()
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: GrantView })
  async approve(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', GRANT_ID) id: GrantId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<GrantView> {
    return taggedByVersion(response, await this.grants.approve(officer, id, { claim, version }));
  }

  @Post(':id/release')
  @FreshlySignedIn()
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: GrantView })
  async release(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', GRANT_ID) id: GrantId,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<GrantView> {
    return taggedByVersion(response, await this.grants.release(officer, id, { claim, version }, reason));
  }

  @Post(':id/acceptance')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: GrantView })
  async accept(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', GRANT_ID) id: GrantId,
    @Body({ schema: AcceptGrant }) body: AcceptGrant,
    @Res({ passthrough: true }) response: Response,
  ): Promise<GrantView> {
    return taggedByVersion(response, await this.grants.accept(officer, id, { claim, version }, body));
  }

  @Post(':id/refusal')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: GrantView })
  async refuse(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', GRANT_ID) id: GrantId,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<GrantView> {
    return taggedByVersion(response, await this.grants.refuse(officer, id, { claim, version }, reason));
  }

  @Post(':id/revocation')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: GrantView })
  async revoke(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', GRANT_ID) id: GrantId,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<GrantView> {
    return taggedByVersion(response, await this.grants.revoke(officer, id, { claim, version }, reason));
  }
}
