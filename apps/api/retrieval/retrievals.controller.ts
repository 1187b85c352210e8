import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { BeginRetrieval, RetrievalView, SubmitReceipt } from '#domain/contract';
import { ExhibitId, FileId, RetrievalId } from '#domain/evidence';
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import {
  type OpenFile,
  OpenFiles,
  ReadEvidence,
  type ReceiptKept,
  Receipts,
  Retrievals,
  RetrievalWatch,
} from '#server/retrieval';
import { Claim, Officer } from '../shell/index.js';
import { spanOf } from './byte-range.js';
import { evidenceHeaders, sendEvidence } from './send-evidence.js';

const ID = { schema: RetrievalId };
const FILE_ID = { schema: FileId };

@Controller('v1')
export class RetrievalsController {
  constructor(
    private readonly retrievals: Retrievals,
    private readonly files: OpenFiles,
    private readonly evidence: ReadEvidence,
    private readonly watch: RetrievalWatch,
    private readonly receipts: Receipts,
  ) {}

  @Post('exhibits/:id/retrievals')
  @ApiResponse({ status: 201, standardSchema: RetrievalView })
  begin(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @Param('id', { schema: ExhibitId }) id: ExhibitId,
    @Body({ schema: BeginRetrieval }) body: BeginRetrieval,
  ): Promise<RetrievalView> {
    return this.retrievals.begin(officer, claim, id, body);
  }

  /** The stored object, or one range of it. */
  @Get('retrievals/:id/files/:fileId/payload')
  async payload(
    @Officer() officer: SignedInOfficer,
    @Param('id', ID) id: RetrievalId,
    @Param('fileId', FILE_ID) fileId: FileId,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const file = await this.files.open(officer, id, fileId);
    const { sealedSizeBytes } = file;
    response.set('Accept-Ranges', 'bytes');
    const span = this.span(request, response, sealedSizeBytes);
    const { start, end } = span ?? { start: 0, end: sealedSizeBytes };
    if (span) response.status(206).set('Content-Range', `bytes ${start}-${end - 1}/${sealedSizeBytes}`);
    const payload = { name: `${fileId}.payload`, sizeBytes: end - start };
    await this.send(request, response, file, payload, () => this.evidence.payload(file, { start, end }));
  }

  /** Hashes of the object's chunks, 32 bytes each. */
  @Get('retrievals/:id/files/:fileId/leaves')
  async leaves(
    @Officer() officer: SignedInOfficer,
    @Param('id', ID) id: RetrievalId,
    @Param('fileId', FILE_ID) fileId: FileId,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const file = await this.files.open(officer, id, fileId);
    const leaves = await this.evidence.leaves(file);
    const hashes = { name: `${fileId}.leaves`, sizeBytes: leaves.length };
    await this.send(request, response, file, hashes, () => Promise.resolve(Readable.from([leaves])));
  }

  /** A whole age file: the header for the officer's agency, then the stored object. */
  @Get('retrievals/:id/files/:fileId/age')
  async age(
    @Officer() officer: SignedInOfficer,
    @Param('id', ID) id: RetrievalId,
    @Param('fileId', FILE_ID) fileId: FileId,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const file = await this.files.open(officer, id, fileId);
    const whole = { name: `${fileId}.age`, sizeBytes: file.header.length + file.sealedSizeBytes };
    await this.send(request, response, file, whole, () => this.evidence.age(file));
  }

  @Post('retrievals/:id/receipt')
  @HttpCode(200)
  receipt(
    @Officer() officer: SignedInOfficer,
    @Param('id', ID) id: RetrievalId,
    @Body({ schema: SubmitReceipt }) { receipt }: SubmitReceipt,
  ): Promise<ReceiptKept> {
    return this.receipts.keep(officer, id, receipt);
  }

  private span(request: Request, response: Response, sizeBytes: number) {
    try {
      return spanOf(request.headers.range, sizeBytes);
    } catch (error) {
      response.set('Content-Range', `bytes */${sizeBytes}`);
      throw error;
    }
  }

  private async send(
    request: Request,
    response: Response,
    file: OpenFile,
    { name, sizeBytes }: { name: string; sizeBytes: number },
    read: () => Promise<Readable>,
  ): Promise<void> {
    if (request.method === 'HEAD') {
      evidenceHeaders(response, name, sizeBytes);
      response.end();
      return;
    }
    const watch = this.watch.begin(file.retrieval);
    try {
      const bytes = await read();
      evidenceHeaders(response, name, sizeBytes);
      await sendEvidence(response, bytes, watch.signal);
    } finally {
      watch.end();
    }
  }
}
