import { Controller, Get, Header, Param, Query } from '@nestjs/common';
import { ApiProduces, ApiResponse } from '@nestjs/swagger';
import { EventsQuery, type Page, pageOf, Problem, RecordedEventView } from '#domain/contract';
import { EventId } from '#domain/evidence';
import { Authority } from '#server/authority';
import { CustodyRecord, LogReader } from '#server/custody';
import type { SignedInOfficer } from '#server/identity';
import { DecidedBy, Officer } from '../shell/index.js';
import { Readings } from './readings.js';

/** The record, for those entitled to it: exact bytes and salts, and the proof that the public log holds each. */
@Controller('v1/events')
@DecidedBy('member')
export class EventsController {
  constructor(
    private readonly authority: Authority,
    private readonly record: CustodyRecord,
    private readonly readings: Readings,
    private readonly log: LogReader,
  ) {}

  /** Reading is an event of its own, durable before the first page is answered. */
  @Get()
  @ApiResponse({ status: 200, standardSchema: pageOf(RecordedEventView) })
  async list(
    @Officer() officer: SignedInOfficer,
    @Query({ schema: EventsQuery }) query: EventsQuery,
  ): Promise<Page<RecordedEventView>> {
    const authorised = query.exhibitId ? await this.authority.require(officer, 'read', query.exhibitId) : null;
    // A cursor names the reading it goes on with; without one that is on the record, this is a reading of its own.
    const [place, named] = (query.cursor ?? '').split('.');
    const { cursor: _, ...asked } = query;
    const page = await this.record.list(officer, { ...asked, ...(query.cursor !== undefined && { cursor: place }) });
    const goesOn = named !== undefined && (await this.record.isReading(officer, named, query.exhibitId ?? null));
    const reading = goesOn ? named : await this.readings.record(officer, authorised);
    return { items: page.items, next: page.next === null ? null : `${page.next}.${reading}` };
  }

  @Get(':id/proof')
  @ApiProduces('text/plain')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  async proof(@Officer() officer: SignedInOfficer, @Param('id', { schema: EventId }) id: EventId): Promise<string> {
    if (!(await this.record.isVisible(officer, id))) throw new Problem('not-found');
    const found = await this.log.proofOf(id);
    if (!found)
      throw new Problem('conflict', 'no published checkpoint covers the event yet; one does within about a second');
    return Buffer.from(found.proof).toString('utf8');
  }
}
