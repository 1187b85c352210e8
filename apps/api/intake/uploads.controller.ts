import { Controller, Get, HttpCode, Param, Post, Put, Query, Req } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Request } from 'express';
import { z } from 'zod';
import { type Page, pageOf, PartReceived, UploadsQuery, UploadView } from '#domain/contract';
import { FileId } from '#domain/evidence';
import { faultPoint } from '#server/faults';
import type { SignedInOfficer } from '#server/identity';
import { UploadList, Uploads } from '#server/intake';
import { Officer } from '../shell/index.js';
import { partHeaders } from './part-headers.js';

const FILE_ID = { schema: FileId };
const PartNumber = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, 'parts are numbered from 1')
  .transform(Number);

/** A client that sends nothing for so long has gone; what it began is kept as far as it is whole. */
const STALL_MS = 120_000;

@Controller('v1/uploads')
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
  find(@Officer() officer: SignedInOfficer, @Param('fileId', FILE_ID) fileId: FileId): Promise<UploadView> {
    return this.uploads.find(officer, fileId);
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
  async complete(@Officer() officer: SignedInOfficer, @Param('fileId', FILE_ID) fileId: FileId): Promise<UploadView> {
    const upload = await this.uploads.complete(officer, fileId);
    faultPoint('before-answer');
    return upload;
  }
}
