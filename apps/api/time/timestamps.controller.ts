import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import { ExhibitTimestampsView, LogSize, Problem, StampedHeadView } from '#domain/contract';
import { ExhibitId } from '#domain/evidence';
import type { SignedInOfficer } from '#server/identity';
import { TimestampDesk } from '#server/time';
import { DecidedBy, Officer, Open } from '../shell/index.js';

/** Timestamps of heads, for anyone and any cache, as heads are. */
@Controller('log/timestamps')
@Open()
export class LogTimestampsController {
  constructor(private readonly desk: TimestampDesk) {}

  @Get(':size')
  @Header('Access-Control-Allow-Origin', '*')
  @ApiResponse({ status: 200, standardSchema: StampedHeadView })
  async over(
    @Param('size', { schema: LogSize }) size: number,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StampedHeadView> {
    const head = await this.desk.headOver(size);
    // Who waits for one asks again: no cache may go on saying that there is none.
    response.setHeader('Cache-Control', head ? 'public, max-age=60' : 'no-store');
    if (!head) throw new Problem('not-found', 'no head over so many entries is stamped yet');
    return head;
  }
}

/** The timestamp of an exhibit's manifest, for those who may read the exhibit. */
@Controller('v1/exhibits')
@DecidedBy('known')
export class ExhibitTimestampsController {
  constructor(private readonly desk: TimestampDesk) {}

  @Get(':id/timestamps')
  @ApiResponse({ status: 200, standardSchema: ExhibitTimestampsView })
  ofExhibit(
    @Officer() officer: SignedInOfficer,
    @Param('id', { schema: ExhibitId }) id: ExhibitId,
  ): Promise<ExhibitTimestampsView> {
    return this.desk.ofExhibit(officer, id);
  }
}
