import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Param, Post, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { type Page, pageOf, PageQuery, RecordFinding, ReviewView } from '#domain/contract';
import { ReviewId } from '#domain/evidence';
import { Reviews } from '#server/audit';
import type { IdempotencyClaim } from '#server/idempotency';
import type { SignedInOfficer } from '#server/identity';
import { Claim, DecidedBy, IfMatch, Officer, taggedByVersion } from '../shell/index.js';
import { csvLine } from './csv.js';

const ExportQuery = z.strictObject({ format: z.enum(['csv', 'jsonl']).default('jsonl') });
type ExportQuery = z.infer<typeof ExportQuery>;

const REVIEW_ID = { schema: ReviewId };

const COLUMNS = [
  'id',
  'rule',
  'because',
  'eventId',
  'eventKind',
  'exhibitId',
  'state',
  'claimedBy',
  'outcome',
  'finding',
  'raisedAt',
  'dueAt',
  'escalatedAt',
] as const;

@Controller('v1/reviews')
@DecidedBy('overseer')
export class AuditController {
  constructor(private readonly reviews: Reviews) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(ReviewView) })
  list(@Officer() officer: SignedInOfficer, @Query({ schema: PageQuery }) query: PageQuery): Promise<Page<ReviewView>> {
    return this.reviews.list(officer, query);
  }

  @Get('export')
  async export(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: ExportQuery }) { format }: ExportQuery,
  ): Promise<StreamableFile> {
    const rows = this.reviews.export(officer);
    const first = await rows.next();
    const lines = format === 'csv' ? csvLines(first, rows) : jsonLines(first, rows);
    return new StreamableFile(Readable.from(lines), {
      type: format === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl',
      disposition: `attachment; filename="reviews.${format}"`,
    });
  }

  @Get(':id')
  @ApiResponse({ status: 200, standardSchema: ReviewView })
  async find(
    @Officer() officer: SignedInOfficer,
    @Param('id', REVIEW_ID) id: ReviewId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReviewView> {
    return taggedByVersion(response, await this.reviews.find(officer, id));
  }

  @Post(':id/claim')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: ReviewView })
  async claim(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', REVIEW_ID) id: ReviewId,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReviewView> {
    return taggedByVersion(response, await this.reviews.claim(officer, id, { claim, version }));
  }

  @Post(':id/findings')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: ReviewView })
  async record(
    @Officer() officer: SignedInOfficer,
    @Claim() claim: IdempotencyClaim | null,
    @IfMatch() version: number,
    @Param('id', REVIEW_ID) id: ReviewId,
    @Body({ schema: RecordFinding }) body: RecordFinding,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReviewView> {
    return taggedByVersion(response, await this.reviews.record(officer, id, { claim, version }, body));
  }
}

type Rows = AsyncGenerator<ReviewView>;

async function* jsonLines(first: IteratorResult<ReviewView, void>, rows: Rows): AsyncGenerator<string> {
  if (first.done) return;
  yield `${JSON.stringify(first.value)}\n`;
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

async function* csvLines(first: IteratorResult<ReviewView, void>, rows: Rows): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  if (first.done) return;
  const line = (row: ReviewView) => csvLine(COLUMNS.map((column) => row[column]));
  yield line(first.value);
  for await (const row of rows) yield line(row);
}
