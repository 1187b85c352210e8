import { Body, Controller, Get, Header, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import {
  AnswerRequest,
  CalendarQuery,
  ChangeRequest,
  ClarifyRequest,
  DraftRequest,
  FulfilRequest,
  type Page,
  pageOf,
  RequestsQuery,
  RequestSummary,
  RequestView,
  WithdrawRequest,
} from '#domain/contract';
import { RequestId } from '#domain/evidence';
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import { RequestReadings, Requests } from '#server/requests';
import { Claim, DecidedBy, IfMatch, Officer, taggedByVersion } from '../shell/index.js';

const REQUEST_ID = { schema: RequestId };

/** Requests for evidence: one agency asks under an instrument, another answers. */
@Controller('v1/requests')
@DecidedBy('member')
export class RequestsController {
  constructor(
    private readonly requests: Requests,
    private readonly readings: RequestReadings,
  ) {}

  @Post()
  @ApiResponse({ status: 201, standardSchema: RequestView })
  async draft(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @Body({ schema: DraftRequest }) body: DraftRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestView> {
    return taggedByVersion(response, await this.requests.draft(officer, claim, body));
  }

  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(RequestSummary) })
  list(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: RequestsQuery }) query: RequestsQuery,
  ): Promise<Page<RequestSummary>> {
    return this.readings.list(officer, query);
  }

  @Get('calendar')
  @Header('Content-Type', 'text/calendar; charset=utf-8')
  @Header('Cache-Control', 'private, no-store')
  @ApiResponse({ status: 200 })
  calendar(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: CalendarQuery }) query: CalendarQuery,
  ): Promise<string> {
    return this.readings.calendar(officer, query);
  }

  @Get(':id')
  @ApiResponse({ status: 200, standardSchema: RequestView })
  async find(
    @Officer() officer: SignedInOfficer,
    @Param('id', REQUEST_ID) id: RequestId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestView> {
    return taggedByVersion(response, await this.readings.find(officer, id));
  }

  @Patch(':id')
  @ApiResponse({ status: 200, standardSchema: RequestView })
  async change(
    @Officer() officer: SignedInOfficer,
    @IfMatch() version: number,
    @Param('id', REQUEST_ID) id: RequestId,
    @Body({ schema: ChangeRequest }) body: ChangeRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestView> {
    return taggedByVersion(response, await this.requests.change(officer, id, version, body));
  }

  @Post(':id/submit')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: RequestView })
  async submit(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', REQUEST_ID) id: RequestId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestView> {
    return taggedByVersion(response, await this.requests.submit(officer, id, { claim, version }));
  }

  @Post(':id/acknowledge')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: RequestView })
  async acknowledge(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', REQUEST_ID) id: RequestId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestView> {
    return taggedByVersion(response, await this.requests.acknowledge(officer, id, { claim, version }));
  }

  @Post(':id/answer')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: RequestView })
  async answer(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', REQUEST_ID) id: RequestId,
    @Body({ schema: AnswerRequest }) body: AnswerRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestView> {
    return taggedByVersion(response, await this.requests.answer(officer, id, { claim, version }, body));
  }

  @Post(':id/clarifications')
  @ApiResponse({ status: 201, standardSchema: RequestView })
  async clarify(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @Param('id', REQUEST_ID) id: RequestId,
    @Body({ schema: ClarifyRequest }) body: ClarifyRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestView> {
    return taggedByVersion(response, await this.requests.clarify(officer, id, claim, body));
  }

  @Post(':id/fulfilment')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: RequestView })
  async fulfil(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', REQUEST_ID) id: RequestId,
    @Body({ schema: FulfilRequest }) body: FulfilRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestView> {
    return taggedByVersion(response, await this.requests.fulfil(officer, id, { claim, version }, body));
  }

  @Post(':id/close')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: RequestView })
  async close(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', REQUEST_ID) id: RequestId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestView> {
    return taggedByVersion(response, await this.requests.close(officer, id, { claim, version }));
  }

  @Post(':id/withdraw')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: RequestView })
  async withdraw(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', REQUEST_ID) id: RequestId,
    @Body({ schema: WithdrawRequest }) { reason }: WithdrawRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestView> {
    return taggedByVersion(response, await this.requests.withdraw(officer, id, { claim, version }, reason));
  }
}
