import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import {
  ExhibitDetail,
  ExhibitsQuery,
  ExhibitView,
  IntakeReceipt,
  type Page,
  pageOf,
  ReasonBody,
  RegisterExhibit,
  SubmitManifest,
} from '#domain/contract';
import { ExhibitId } from '#domain/evidence';
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import { Exhibits, IntakeReceipts, Register, SignManifest } from '#server/intake';
import { Claim, DecidedBy, FreshlySignedIn, etagOf, IfMatch, Officer } from '../shell/index.js';

const EXHIBIT_ID = { schema: ExhibitId };

@Controller('v1/exhibits')
@DecidedBy('known')
export class ExhibitsController {
  constructor(
    private readonly register: Register,
    private readonly exhibits: Exhibits,
    private readonly manifests: SignManifest,
    private readonly receipts: IntakeReceipts,
  ) {}

  @Post()
  @ApiResponse({ status: 201, standardSchema: ExhibitView })
  @ApiResponse({
    status: 200,
    description: 'It was registered with the same content before',
    standardSchema: ExhibitView,
  })
  async registerExhibit(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @Body({ schema: RegisterExhibit }) body: RegisterExhibit,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ExhibitView> {
    const { exhibit, created } = await this.register.exhibit(officer, claim, body);
    response.status(created ? HttpStatus.CREATED : HttpStatus.OK);
    return tagged(response, exhibit);
  }

  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(ExhibitView) })
  list(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: ExhibitsQuery }) query: ExhibitsQuery,
  ): Promise<Page<ExhibitView>> {
    return this.exhibits.list(officer, query);
  }

  @Get(':id')
  @ApiResponse({ status: 200, standardSchema: ExhibitDetail })
  async find(
    @Officer() officer: SignedInOfficer,
    @Param('id', EXHIBIT_ID) id: ExhibitId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ExhibitDetail> {
    return tagged(response, await this.exhibits.find(officer, id));
  }

  @Post(':id/manifest')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: ExhibitView })
  async signManifest(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @Param('id', EXHIBIT_ID) id: ExhibitId,
    @Body({ schema: SubmitManifest }) body: SubmitManifest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ExhibitView> {
    return tagged(response, await this.manifests.submit(officer, claim, id, body));
  }

  @Post(':id/hold')
  @FreshlySignedIn()
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: ExhibitView })
  async hold(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', EXHIBIT_ID) id: ExhibitId,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ExhibitView> {
    return tagged(response, await this.exhibits.hold(officer, id, { claim, version, reason }));
  }

  @Post(':id/release')
  @FreshlySignedIn()
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: ExhibitView })
  async release(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', EXHIBIT_ID) id: ExhibitId,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ExhibitView> {
    return tagged(response, await this.exhibits.release(officer, id, { claim, version, reason }));
  }

  @Get(':id/receipt')
  @ApiResponse({ status: 200, standardSchema: IntakeReceipt })
  receipt(@Officer() officer: SignedInOfficer, @Param('id', EXHIBIT_ID) id: ExhibitId): Promise<IntakeReceipt> {
    return this.receipts.ofExhibit(officer, id);
  }
}

function tagged<View extends { version: number }>(response: Response, view: View): View {
  response.setHeader('ETag', etagOf(view.version));
  return view;
}
