import { Controller, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { type Page, pageOf, PartReceived, UploadsQuery, UploadView } from '#domain/contract';
import { FileId } from '#domain/evidence';
import { faultPoint } from '#server/faults';
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import { type TaggedUpload, UploadList, Uploads } from '#server/intake';
import { Claim, DecidedBy, IfMatchTag, Officer } from '../shell/index.js';
import { partHeaders } from './part-headers.js';

const FILE_ID = { schema: FileId };
const PartNumber = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, 'parts are numbered from 1')
  .transform(Number);

/** A client that sends nothing for so long has gone; what it began is kept as far as it is whole. */
const STALL_MS = 120_000;

@Controller('v1/uploads')
@DecidedBy('member')
export class UploadsController {
  constructor(
    private readonly uploads: Uploads,
    private readonly uploadList: UploadList,
  ) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(UploadView) })
  list(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: UploadsQuery }) query: UploadsQuery,
  ): Promise<Page<UploadView>> {
    return this.uploadList.ofExhibit(officer, query);
  }

  @Get(':fileId')
  @ApiResponse({ status: 200, standardSchema: UploadView })
  async find(
    @Officer() officer: SignedInOfficer,
    @Param('fileId', FILE_ID) fileId: FileId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UploadView> {
    return tagged(response, await this.uploads.find(officer, fileId));
  }

  /** The body goes to the store as it comes; nothing of it is kept here. */
  @Put(':fileId/parts/:number')
  @ApiResponse({ status: 200, standardSchema: PartReceived })
  async putPart(
    @Officer() officer: SignedInOfficer,
    @Param('fileId', FILE_ID) fileId: FileId,
    @Param('number', { schema: PartNumber }) number: number,
    @Req() request: Request,
  ): Promise<PartReceived> {
    // Without a listener the server itself destroys a connection that times out.
    request.setTimeout(STALL_MS);
    const received = await this.uploads.putPart(officer, fileId, {
      number,
      ...partHeaders(request.headers),
      body: request,
    });
    faultPoint('before-answer');
    return received;
  }

  @Post(':fileId/complete')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: UploadView })
  async complete(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatchTag() expected: string,
    @Param('fileId', FILE_ID) fileId: FileId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UploadView> {
    const upload = await this.uploads.complete(officer, fileId, { claim, expected });
    faultPoint('before-answer');
    return tagged(response, upload);
  }
}

function tagged(response: Response, { view, etag }: TaggedUpload): UploadView {
  response.setHeader('ETag', etag);
  return view;
}
