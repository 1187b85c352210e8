import { Body, Controller, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import {
  AgreementDetail,
  BeginAgreement,
  DraftAgreement,
  type Page,
  pageOf,
  PageQuery,
  SignAgreement,
  TellAgreement,
} from '#domain/contract';
import { AgreementId } from '#domain/evidence';
import { Agreements, Negotiations, PartyWords } from '#server/directory';
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import { Claim, DecidedBy, FreshlySignedIn, IfMatchTag, Officer, taggedByDigest } from '../shell/index.js';

const AGREEMENT_ID = { schema: AgreementId };

@Controller('v1/agreements')
@DecidedBy('known')
export class AgreementsController {
  constructor(
    private readonly agreements: Agreements,
    private readonly negotiations: Negotiations,
    private readonly words: PartyWords,
  ) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(AgreementDetail) })
  list(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: PageQuery }) query: PageQuery,
  ): Promise<Page<AgreementDetail>> {
    return this.agreements.list(officer, query);
  }

  @Post()
  @ApiResponse({ status: 201, standardSchema: AgreementDetail })
  async begin(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @Body({ schema: BeginAgreement }) { draft, instrument }: BeginAgreement,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgreementDetail> {
    const begun =
      instrument === undefined
        ? this.negotiations.begin(officer, claim, draft)
        : this.agreements.publish(officer, claim, instrument);
    return taggedByDigest(response, await begun);
  }

  @Get(':id')
  @ApiResponse({ status: 200, standardSchema: AgreementDetail })
  async find(
    @Officer() officer: SignedInOfficer,
    @Param('id', AGREEMENT_ID) id: AgreementId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgreementDetail> {
    return taggedByDigest(response, await this.agreements.find(officer, id));
  }

  @Put(':id/draft')
  @ApiResponse({ status: 200, standardSchema: AgreementDetail })
  async revise(
    @Officer() officer: SignedInOfficer,
    @IfMatchTag() expected: string,
    @Param('id', AGREEMENT_ID) id: AgreementId,
    @Body({ schema: DraftAgreement }) { draft }: DraftAgreement,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgreementDetail> {
    return taggedByDigest(response, await this.negotiations.revise(officer, id, expected, draft));
  }

  @Post(':id/amendments')
  @ApiResponse({ status: 201, standardSchema: AgreementDetail })
  async amend(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatchTag() expected: string,
    @Param('id', AGREEMENT_ID) id: AgreementId,
    @Body({ schema: DraftAgreement }) { draft }: DraftAgreement,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgreementDetail> {
    return taggedByDigest(response, await this.negotiations.amend(officer, id, { claim, expected }, draft));
  }

  @Post(':id/signatures')
  @FreshlySignedIn()
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: AgreementDetail })
  async sign(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatchTag() expected: string,
    @Param('id', AGREEMENT_ID) id: AgreementId,
    @Body({ schema: SignAgreement }) body: SignAgreement,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgreementDetail> {
    return taggedByDigest(response, await this.words.sign(officer, id, { claim, expected }, body));
  }

  @Post(':id/suspend')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: AgreementDetail })
  async suspend(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatchTag() expected: string,
    @Param('id', AGREEMENT_ID) id: AgreementId,
    @Body({ schema: TellAgreement }) { word }: TellAgreement,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgreementDetail> {
    return taggedByDigest(response, await this.words.say(officer, id, 'suspend', { claim, expected }, word));
  }

  @Post(':id/resume')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: AgreementDetail })
  async resume(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatchTag() expected: string,
    @Param('id', AGREEMENT_ID) id: AgreementId,
    @Body({ schema: TellAgreement }) { word }: TellAgreement,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgreementDetail> {
    return taggedByDigest(response, await this.words.say(officer, id, 'resume', { claim, expected }, word));
  }

  @Post(':id/end')
  @FreshlySignedIn()
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: AgreementDetail })
  async end(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatchTag() expected: string,
    @Param('id', AGREEMENT_ID) id: AgreementId,
    @Body({ schema: TellAgreement }) { word }: TellAgreement,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AgreementDetail> {
    return taggedByDigest(response, await this.words.say(officer, id, 'end', { claim, expected }, word));
  }
}
