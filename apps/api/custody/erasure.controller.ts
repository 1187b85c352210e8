import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import { ErasureView, type Page, pageOf, PageQuery, ProposeErasure, ReasonBody } from '#domain/contract';
import { ErasureId, EventId } from '#domain/evidence';
import { Erasures } from '#server/erasure';
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import { Claim, DecidedBy, FreshlySignedIn, IfMatch, Officer, taggedByVersion } from '../shell/index.js';

const ERASURE_ID = { schema: ErasureId };

/** Erasure of events under law: proposed by one officer, approved by another. */
@Controller('v1')
@DecidedBy('member')
export class ErasureController {
  constructor(private readonly erasures: Erasures) {}

  @Post('events/:id/erasure')
  @FreshlySignedIn()
  @ApiResponse({ status: 201, standardSchema: ErasureView })
  async propose(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @Param('id', { schema: EventId }) id: EventId,
    @Body({ schema: ProposeErasure }) { ground }: ProposeErasure,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ErasureView> {
    return taggedByVersion(response, await this.erasures.propose(officer, claim, id, ground));
  }

  @Get('erasures')
  @ApiResponse({ status: 200, standardSchema: pageOf(ErasureView) })
  list(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: PageQuery }) query: PageQuery,
  ): Promise<Page<ErasureView>> {
    return this.erasures.list(officer, query);
  }

  @Get('erasures/:id')
  @ApiResponse({ status: 200, standardSchema: ErasureView })
  async find(
    @Officer() officer: SignedInOfficer,
    @Param('id', ERASURE_ID) id: ErasureId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ErasureView> {
    return taggedByVersion(response, await this.erasures.find(officer, id));
  }

  @Post('erasures/:id/approval')
  @FreshlySignedIn()
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: ErasureView })
  async approve(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', ERASURE_ID) id: ErasureId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ErasureView> {
    return taggedByVersion(response, await this.erasures.approve(officer, id, { claim, version }));
  }

  @Post('erasures/:id/refusal')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: ErasureView })
  async refuse(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', ERASURE_ID) id: ErasureId,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ErasureView> {
    return taggedByVersion(response, await this.erasures.refuse(officer, id, { claim, version }, reason));
  }
}
