import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { BeginRetrieval, RetrievalView, SubmitReceipt } from '#domain/contract';
import { ExhibitId, FileId, RetrievalId } from '#domain/evidence';
import { entityTagOf, type IdempotencyClaim } from '#server/idempotency';
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
import { Claim, DecidedBy, FreshlySignedIn, Officer } from '../shell/index.js';
import { type Span, spanOf } from './byte-range.js';
import { evidenceHeaders, sendEvidence } from './send-evidence.js';

const ID = { schema: RetrievalId };
const FILE_ID = { schema: FileId };

/** Evidence that is to leave in a package. */
const isExport = (body: unknown) =>
  typeof body === 'object' && body !== null && 'for' in body && body.for === 'package';

@Controller('v1')
@DecidedBy('known')
export class RetrievalsController {
  constructor(
    private readonly retrievals: Retrievals,
    private readonly files: OpenFiles,
    private readonly evidence: ReadEvidence,
    private readonly watch: RetrievalWatch,
    private readonly receipts: Receipts,
  ) {}

  @Post('exhibits/:id/retrievals')
  @FreshlySignedIn(isExport)
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
    await this.send(request, response, file, {
      name: `${fileId}.payload`,
      sizeBytes: file.sealedSizeBytes,
      etag: entityTagOf(['payload', fileId, file.versionId]),
      read: (span) => this.evidence.payload(file, span),
    });
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
    await this.send(request, response, file, {
      name: `${fileId}.leaves`,
      sizeBytes: leaves.length,
      etag: entityTagOf(['leaves', fileId, file.leavesVersionId]),
      read: ({ start, end }) => Promise.resolve(Readable.from([leaves.subarray(start, end)])),
    });
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
    await this.send(request, response, file, {
      name: `${fileId}.age`,
      sizeBytes: file.header.length + file.sealedSizeBytes,
      etag: entityTagOf(['age', fileId, file.versionId, file.header.toString('base64')]),
      read: (span) => this.evidence.age(file, span),
    });
  }

  @Post('retrievals/:id/receipt')
  @HttpCode(200)
  receipt(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @Param('id', ID) id: RetrievalId,
    @Body({ schema: SubmitReceipt }) { receipt }: SubmitReceipt,
  ): Promise<ReceiptKept> {
    return this.receipts.keep(officer, claim, id, receipt);
  }

  /** The whole of something, or the one range of it that was asked for. */
  private async send(request: Request, response: Response, file: OpenFile, bytes: Download): Promise<void> {
    response.set('Accept-Ranges', 'bytes');
    const span = rangeAsked(request, response, bytes);
    if (request.method === 'HEAD') {
      downloadHeaders(response, bytes, span);
      response.end();
      return;
    }
    const watch = this.watch.begin(file.retrieval);
    try {
      const readable = await bytes.read(span ?? { start: 0, end: bytes.sizeBytes });
      downloadHeaders(response, bytes, span);
      await sendEvidence(response, readable, watch.signal);
    } finally {
      watch.end();
    }
  }
}

/** Only once the bytes are there to be sent: an error is answered without them. */
function downloadHeaders(response: Response, { name, sizeBytes, etag }: Download, span: Span | null): void {
  response.set('ETag', etag);
  if (span) response.status(206).set('Content-Range', `bytes ${span.start}-${span.end - 1}/${sizeBytes}`);
  evidenceHeaders(response, name, span ? span.end - span.start : sizeBytes);
}

interface Download {
  readonly name: string;
  readonly sizeBytes: number;
  /** Other bytes have another: whoever goes on with a download knows that it is the same. */
  readonly etag: string;
  readonly read: (span: Span) => Promise<Readable>;
}

/** @throws Problem 'range-not-satisfiable', and sets the size that there is */
function rangeAsked({ headers }: Request, response: Response, { sizeBytes, etag }: Download): Span | null {
  // Of other bytes than those a client has, it gets all (RFC 9110 §13.1.5).
  if (headers['if-range'] !== undefined && headers['if-range'] !== etag) return null;
  try {
    return spanOf(headers.range, sizeBytes);
  } catch (error) {
    response.set('Content-Range', `bytes */${sizeBytes}`);
    throw error;
  }
}
